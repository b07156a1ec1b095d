import { operation } from '@rollcall/api/operations';
import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';
import type { Operated } from './operated.ts';

const differenceSchema = z.object({
  uniqueid: z.string(),
  name: z.string(),
  outcome: z.enum(['repaired', 'withdrawn', 'unsettled']),
});

const auditSchema = z.object({
  pbx: z.string(),
  /** Milliseconds since 1970, as all times here. */
  at: z.number(),
  source: z.enum(['ami', 'ari']),
  agreed: z.int(),
  ours: z.array(differenceSchema),
  missing: z.array(differenceSchema),
  asterisks: z.array(
    z.object({
      uniqueid: z.string(),
      name: z.string(),
      seenIn: z.array(z.string()),
      listedSince: z.number().optional(),
      overSince: z.number().optional(),
      foundAt: z.number(),
    }),
  ),
  cannotTell: z.array(z.string()),
  complete: z.boolean(),
});

export const auditResult = z.object({
  audits: z.array(auditSchema),
  /** PBXs that could not be asked, and why. */
  failed: z.array(z.object({ pbx: z.string(), code: z.string(), message: z.string(), advice: z.string() })),
});

export type AuditResult = z.output<typeof auditResult>;

/** Sets each PBX's own lists beside ours. */
export const auditOperation = ({ data, sessions }: Operated) =>
  operation({
    name: 'audit',
    /** Without `pbx`: all. */
    body: z.strictObject({ pbx: z.string().max(200).optional() }),
    changes: false,
    run: async ({ pbx }, { signal }): Promise<AuditResult> => {
      const followed = sessions();
      if (!followed) throw notFollowing(data);
      if (pbx !== undefined && !followed.has(pbx)) throw pbxUnknown(pbx, [...followed.keys()]);
      const asked = [...followed].filter(([name]) => pbx === undefined || name === pbx);
      const result: AuditResult = { audits: [], failed: [] };
      await Promise.all(
        asked.map(async ([name, session]) => {
          try {
            result.audits.push(await session.audit(signal));
          } catch (error) {
            if (!(error instanceof RollcallError)) throw error;
            const { code, message, advice } = error;
            result.failed.push({ pbx: name, code, message, advice });
          }
        }),
      );
      return result;
    },
  });

export const notFollowing = (data: string) =>
  new RollcallError(
    'NOT_FOLLOWING',
    `No Rollcall that serves HTTP runs on ${data}: only one that is connected can ask a PBX.`,
    'Start it: rollcall start.',
  );

const pbxUnknown = (pbx: string, known: string[]) =>
  new RollcallError(
    'PBX_UNKNOWN',
    `No PBX ${JSON.stringify(pbx.slice(0, 60))} is followed.`,
    `Known are: ${known.join(', ')}.`,
  );
