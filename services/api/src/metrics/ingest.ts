import type { Labels, Metrics, Reading } from './registry.ts';

/** What a session with one PBX counts; see the ingest's counters. */
export type SessionReading = {
  pbx: string;
  state: string;
  /** Reports of the PBX that wait for the log. */
  queued: number;
  counters: {
    observations: number;
    byType: Readonly<Record<string, number>>;
    unchanged: number;
    late: number;
    suspect: number;
    duplicate: number;
    unknown: number;
    ended: number;
    reconciled: { lists: number; created: number; changed: number; removed: number };
    conflicts: number;
    hangups: { told: number; missed: number; late: number };
    audits: {
      done: number;
      failed: number;
      last: { at: number; agreed: number; ours: number; missing: number; asterisks: number } | undefined;
    };
  };
};

const STATES = ['connecting', 'syncing', 'live', 'stale', 'failed'];

/** What the ingest knows of its PBXs. */
export const ingestMetrics = ({ total, now }: Metrics, sessions: () => Iterable<SessionReading>): void => {
  const ofEach = (read: (session: SessionReading) => Iterable<Reading>) => (): Reading[] =>
    [...sessions()].flatMap((session) =>
      [...read(session)].map(([labels, value]): Reading => [{ pbx: session.pbx, ...labels }, value]),
    );
  const counted =
    (label: string, pick: (counters: SessionReading['counters']) => Readonly<Record<string, number>>) => () =>
      ofEach(({ counters }) => byLabel(label, pick(counters)))();

  now('pbx_state', 'State of the connection to a PBX: 1 for the one it is in.', ['pbx', 'state'], () =>
    ofEach(({ state }) => STATES.map((one): Reading => [{ state: one }, one === state ? 1 : 0]))(),
  );
  now(
    'ingest_queue',
    'Reports of a PBX that wait for the log.',
    ['pbx'],
    ofEach(({ queued }) => [[{}, queued]]),
  );
  total(
    'reports_total',
    'Reports of a PBX about channels.',
    ['pbx'],
    ofEach(({ counters }) => [[{}, counters.observations]]),
  );
  total(
    'reports_without_event_total',
    'Reports that led to no event, by what they were.',
    ['pbx', 'outcome'],
    counted('outcome', ({ unchanged, late, suspect, duplicate, unknown }) => ({
      ...{ unchanged, late, suspect, duplicate, unknown },
    })),
  );
  total(
    'events_total',
    'Events that were decided and appended, by type.',
    ['pbx', 'type'],
    counted('type', ({ byType }) => byType),
  );
  total(
    'ghosts_prevented_total',
    'Channels that a list which believes every report would still have: reported after their end (late), their end never told (reconciled), of a dead boot (pbx-restarted).',
    ['pbx', 'kind'],
    counted('kind', ({ late, reconciled, ended }) => ({
      ...{ late, reconciled: reconciled.removed, 'pbx-restarted': ended },
    })),
  );
  total(
    'reconciles_total',
    'Comparisons with the list of a PBX.',
    ['pbx'],
    ofEach(({ counters }) => [[{}, counters.reconciled.lists]]),
  );
  total(
    'reconciled_channels_total',
    'Channels that such a comparison put right.',
    ['pbx', 'what'],
    counted('what', ({ reconciled: { lists: _, ...what } }) => what),
  );
  total(
    'hangups_total',
    'Ends of channels: told, missed (never told on a sound connection), late (of those, told after all).',
    ['pbx', 'how'],
    counted('how', ({ hangups }) => hangups),
  );
  total(
    'append_conflicts_total',
    'Appends decided anew because another writer was first: two Rollcalls on one PBX.',
    ['pbx'],
    ofEach(({ counters }) => [[{}, counters.conflicts]]),
  );
  total(
    'audits_total',
    'Audits by how they ended.',
    ['pbx', 'result'],
    counted('result', ({ audits: { done, failed } }) => ({ done, failed })),
  );
  now(
    'audit_entries',
    'Entries of the last audit by class: agreed, ours (we list it, the PBX has it not), missing (the PBX has it, we do not), asterisks (a ghost in its own list).',
    ['pbx', 'class'],
    ofEach(({ counters: { audits } }) => {
      if (!audits.last) return [];
      const { at: _, ...classes } = audits.last;
      return byLabel('class', classes);
    }),
  );
  now(
    'audit_timestamp_seconds',
    'When the last audit was, in seconds since 1970.',
    ['pbx'],
    ofEach(({ counters: { audits } }) => (audits.last ? [[{}, audits.last.at / 1000]] : [])),
  );
};

const byLabel = (label: string, values: Readonly<Record<string, number>>): Reading[] =>
  Object.entries(values).map(([name, value]): Reading => [{ [label]: name } satisfies Labels, value]);
