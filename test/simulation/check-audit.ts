import type { ListedChannel, PbxAudit } from '@rollcall/channel';
import type { Evidence } from './evidence.ts';
import type { Fail } from './failure.ts';
import type { Cached, PbxModel } from './pbx-model.ts';
import type { Watcher } from './simulated-pbx.ts';

type CheckAuditOptions = {
  now: () => number;
  model: () => PbxModel;
  evidence: () => Evidence;
  /** Our log has it: an audit leaves it to the next one. */
  isListed: (uniqueid: string) => boolean;
  fail: Fail;
};

/** Judges every audit by what Asterisk's cache kept, without a channel behind it, when it was asked. */
export const checkAudit = ({ now, model, evidence, isListed, fail }: CheckAuditOptions) => {
  /** Since the last audit ended, or the connection began. */
  let asked: { at: number; unreal: Set<Cached> }[] = [];
  let last: PbxAudit | undefined;

  const key = ({ uniqueid, facts }: ListedChannel): string => `${uniqueid} ${facts.name}`;
  const unreal = (): Set<Cached> =>
    new Set(
      [...model().kept].filter(({ listed: { uniqueid, facts } }) => {
        return model().channels.get(uniqueid)?.facts.name !== facts.name;
      }),
    );

  const judge = ({ asterisks, complete }: PbxAudit): void => {
    const [first] = asked;
    const named = new Set(asterisks.map(({ uniqueid, name }) => `${uniqueid} ${name}`));
    const shown = new Set([...(asked.at(-1)?.unreal ?? [])].map(({ listed }) => key(listed)));
    for (const one of named) if (!shown.has(one)) fail('an audit calls nothing a ghost that is none', one);
    if (!complete || !first) return;
    for (const entry of unreal()) {
      const { uniqueid } = entry.listed;
      const quietSince = Math.max(model().ended(uniqueid) ?? 0, evidence().of(uniqueid).last?.deliveredAt ?? 0);
      if (first.unreal.has(entry) && quietSince < first.at && !named.has(key(entry.listed)) && !isListed(uniqueid))
        fail('an audit names every ghost', key(entry.listed));
    }
  };

  return {
    watch: (watcher: Watcher): Watcher => ({
      ...watcher,
      hearing: () => {
        asked = [];
        watcher.hearing();
      },
      cached: () => {
        asked.push({ at: now(), unreal: unreal() });
        watcher.cached();
      },
    }),
    audited: (audit: PbxAudit): void => {
      if (audit.source === 'ami') judge(audit);
      asked = [];
      last = audit;
    },
    /** All has been quiet for long: the last audit says exactly what there is. */
    final: (): void => {
      if (!last) {
        fail('audits come from time to time', 'none');
        return;
      }
      const { asterisks, agreed, ours, missing, complete } = last;
      const kept = new Set([...unreal()].map(({ listed }) => key(listed)));
      const named = asterisks.map(({ uniqueid, name }) => `${uniqueid} ${name}`);
      if (model().source === 'ami' && named.sort().join() !== [...kept].sort().join())
        fail('an audit names every ghost and no other', `${named} / ${[...kept]}`);
      if (agreed !== model().channels.size || ours.length + missing.length > 0 || !complete)
        fail('an audit of a true list finds nothing', JSON.stringify({ agreed, ours, missing, complete }));
    },
  };
};
