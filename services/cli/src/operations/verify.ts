import { imageLines, operation } from '@rollcall/api/operations';
import { RollcallError } from '@rollcall/errors';
import { createBreath } from '@rollcall/projector-service/list';
import { z } from 'zod';
import { readToldList } from '../verification/told-list.ts';
import { type Verified, verifyData } from '../verification/verify-data.ts';
import { foundDifferences, foundDifferencesSchema, SHOWN } from './found-differences.ts';
import type { Operated } from './operated.ts';

const verifyBody = z.strictObject({
  /** Position or time; see `moment`. */
  at: z.string().max(60).optional(),
});

export const verifyResult = z.object({
  equal: z.boolean(),
  head: z.int(),
  checks: z.array(
    z.object({ what: z.string(), position: z.int(), channels: z.int(), differences: foundDifferencesSchema }),
  ),
  findings: z
    .object({
      count: z.int(),
      shown: z.array(
        z.object({
          what: z.string(),
          position: z.number().optional(),
          stream: z.string().optional(),
          detail: z.string(),
        }),
      ),
    })
    .optional(),
  problems: z.array(z.string()),
});

export type VerifyResult = z.output<typeof verifyResult>;

/** The list looked at by the Rollcall that serves it. */
export const verifyOperation = ({ data, dir, world }: Operated) =>
  operation({
    name: 'verify',
    body: verifyBody,
    changes: false,
    run: async ({ at }, { signal, progress }) => {
      const { cache, log } = dir;
      const breathe = createBreath(world);
      const verified = await verifyData({
        data,
        log,
        world,
        list: () => readToldList(imageLines(cache, log.id)),
        at,
        structure: false,
        signal,
        progress,
        breathe: async () => {
          if (signal.aborted) throw stopped();
          await breathe();
        },
      });
      if (signal.aborted) throw stopped();
      return verifyResultOf(verified, SHOWN);
    },
  });

/** @param most differences, and findings, that are told one by one; all are counted */
export const verifyResultOf = ({ head, checks, findings, problems }: Verified, most: number): VerifyResult => ({
  equal: problems.length === 0 && !findings?.length && checks.every((one) => one.differences.length === 0),
  head,
  checks: checks.map((one) => ({ ...one, differences: foundDifferences(one.differences, most) })),
  findings: findings && { count: findings.length, shown: findings.slice(0, most) },
  problems,
});

const stopped = () =>
  new RollcallError('VERIFY_STOPPED', 'Verifying was stopped before its end.', 'Run it again; it changes nothing.');
