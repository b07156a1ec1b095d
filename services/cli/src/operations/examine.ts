import { operation } from '@rollcall/api/operations';
import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';
import type { Operated } from './operated.ts';

const findingSchema = z.object({
  /** The PBX's name, or what of this machine it is about. */
  of: z.string(),
  what: z.string(),
  /** Absent: it cannot be told. */
  ok: z.boolean().optional(),
  detail: z.string(),
  advice: z.string(),
});

export type DoctorFinding = z.output<typeof findingSchema>;

export const examineResult = z.object({ findings: z.array(findingSchema) });

/** What the running Rollcall knows of itself, and what its PBXs say of theirs. */
export const examineOperation = ({ sessions, projection, dir: { cache, log } }: Operated) =>
  operation({
    name: 'examine',
    body: z.strictObject({}),
    changes: false,
    run: async (_, { signal }): Promise<z.output<typeof examineResult>> => {
      const problem = projection.problem();
      const behind = (await log.head()) - cache.checkpoint;
      const own = [
        found(
          'list',
          'follows',
          problem === undefined,
          problem ?? 'The list follows the log.',
          'See the log of Rollcall; "rollcall replay" makes the list anew.',
        ),
        found(
          'list',
          'lag',
          behind < LAG_LIMIT,
          `The list is ${behind} positions behind the log.`,
          'A busy machine: give Rollcall more of it.',
        ),
      ];
      const pbxs = await Promise.all([...(sessions() ?? [])].map(([pbx, session]) => ofPbx(pbx, session, signal)));
      return { findings: [...own, ...pbxs.flat()] };
    },
  });

/** What a second of a busy PBX writes. */
const LAG_LIMIT = 5_000;

export const found = (
  of: string,
  what: string,
  ok: boolean | undefined,
  detail: string,
  advice: string,
): DoctorFinding => ({
  of,
  what,
  ...(ok === undefined ? {} : { ok }),
  detail,
  advice: ok === true ? '' : advice,
});

type Session = NonNullable<ReturnType<Operated['sessions']>> extends ReadonlyMap<string, infer S> ? S : never;

const ofPbx = async (pbx: string, { status, examine }: Session, signal: AbortSignal): Promise<DoctorFinding[]> => {
  const { state, reason = '' } = status;
  const connected = found(
    pbx,
    'connection',
    state === 'live' || state === 'syncing',
    // A reason is a whole line, with what to do at its end.
    reason ? `${state}: ${reason}` : `${state}.`,
    'Do what the reason says, where there is one: it is tried again by itself.',
  );
  if (connected.ok !== true) return [connected];
  try {
    const findings = await examine(signal);
    return [connected, ...findings.map(({ what, ok, detail, advice }) => found(pbx, what, ok, detail, advice))];
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    return [connected, found(pbx, 'examination', undefined, `${error.code}: ${error.message}`, error.advice)];
  }
};
