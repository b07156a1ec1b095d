import { createPace } from '@rollcall/api/operations';
import { RollcallError } from '@rollcall/errors';
import type { KafkaConnection } from '@rollcall/kafka';
import { printable } from '@rollcall/listing';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { openSettingsLog } from '../engines/settings-log.ts';
import { differenceText } from '../operations/found-differences.ts';
import { operate } from '../operations/operate.ts';
import { dataOf, type OperatingPlace, operatingOptions, runningServer } from '../operations/place.ts';
import { showProgress } from '../operations/show-progress.ts';
import { type VerifyResult, verifyResult, verifyResultOf } from '../operations/verify.ts';
import { jsonLine } from '../reading/json-line.ts';
import { kafkaConnection } from '../settings/engines.ts';
import { fetchToldList } from '../verification/fetch-told-list.ts';
import { verifyData } from '../verification/verify-data.ts';
import { verifyTopic } from '../verification/verify-topic.ts';
import { askForAudit, auditStatus, showAudit } from './audit.ts';

type Finding = NonNullable<VerifyResult['findings']>['shown'][number];

type Options = OperatingPlace & { at?: string; topic?: string; pbx?: boolean; json?: boolean };

/** `rollcall verify`: is everything that answers for the log what the log says? Exit 0 when it is, 1 when not. */
export const registerVerify = (program: Command, context: Context): void => {
  const command = program.command('verify').description('fold the whole log afresh and compare it with the list');
  operatingOptions(command)
    .option('--at <moment>', 'the list as it was: a position (12345), a time (14:03) or a while ago (-10m)')
    .option('--topic <kafka://host:port>', 'and compare what is published as topic rollcall.channels')
    .option('--pbx', 'and compare the list with the live PBXs: an audit, which repairs what is wrong')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action((options: Options) => verify(options, context));
};

const verify = async (options: Options, context: Context): Promise<void> => {
  const { terminal } = context;
  const { at, topic, pbx = false, json = false, ...place } = options;
  // One JSON object alone, on a terminal too.
  const quiet = json ? { ...context, terminal: { ...terminal, columns: undefined } } : context;
  const kafka = topic === undefined ? undefined : await kafkaConnection(topic, context.settings);
  if (kafka && place.url !== undefined) throw topicNeedsLog();
  const result = place.url === undefined ? await verifyHere(place, at, kafka, quiet) : await ask(place, at, quiet);
  const audited = pbx ? await askForAudit({}, place, context) : undefined;
  terminal.out(json ? jsonLine({ ...result, ...audited }) : describe(result));
  for (const problem of result.problems) terminal.err(`${printable(problem)}\n`);
  if (audited) showAudit(audited, json, context);
  process.exitCode = Math.max(result.equal ? 0 : 1, audited ? auditStatus(audited) : 0);
};

/** This process reads the log itself, and the running Rollcall says only what its list is. */
const verifyHere = async (
  place: OperatingPlace,
  at: string | undefined,
  kafka: KafkaConnection | undefined,
  context: Context,
): Promise<VerifyResult> => {
  const { terminal, world } = context;
  const data = dataOf(place, context);
  const log = await openSettingsLog({ data, settings: context.settings, world });
  const shown = showProgress(terminal, false);
  const pace = createPace(world.clock);
  try {
    const server = at === undefined ? runningServer(place, context) : undefined;
    const verified = await verifyData({
      data,
      log,
      world,
      ...(server && { list: () => fetchToldList(server, log.id, world) }),
      at,
      structure: true,
      progress: (progress) => {
        const report = pace(progress);
        if (report) shown.at(report);
      },
      breathe: async () => {},
    });
    if (kafka) verified.checks.push(await verifyTopic(kafka, log, world));
    return verifyResultOf(verified, Number.POSITIVE_INFINITY);
  } finally {
    shown.done();
    await log.close();
  }
};

const topicNeedsLog = () =>
  new RollcallError(
    'USAGE',
    '--topic goes with the log, not with --url.',
    'Run it on the machine of the data directory.',
  );

const ask = async (place: OperatingPlace, at: string | undefined, context: Context): Promise<VerifyResult> => {
  const result = await operate({
    operation: 'verify',
    body: { at },
    result: verifyResult,
    place,
    json: false,
    context,
  });
  context.terminal.err('Its log is on another machine: that Rollcall looked at itself.\n');
  return result;
};

const describe = ({ checks, findings }: VerifyResult): string => {
  const lines = checks.flatMap(({ what, position, channels, differences }) => [
    `${what}: ${channels} channels at position ${position}, ${differences.count} differences`,
    ...differences.shown.map(differenceText),
    ...more(differences),
  ]);
  if (findings) lines.push(`log: ${findings.count} findings`, ...findings.shown.map(findingText), ...more(findings));
  return lines.map((line) => `${printable(line)}\n`).join('');
};

const findingText = ({ what, position, stream, detail }: Finding): string =>
  `  ${[what, position === undefined ? '' : `#${position}`, stream ?? ''].filter(Boolean).join(' ')}: ${detail}`;

const more = ({ count, shown }: { count: number; shown: readonly unknown[] }): string[] =>
  count > shown.length ? [`  and ${count - shown.length} more`] : [];

const HELP = `
Every event of the log is read and folded here, and compared with
  - list: what the running Rollcall serves, with its indexes, at the position that it is at,
  - open streams: the fast way by which "rollcall channels" and a replay read the list, at the same position,
  - image: what the next start begins with, at its own position.
Then the log checks itself: checksums, revisions, counts, and SQLite's own file. Writing goes on meanwhile.
With --at: the fast way of reading the list as it was, beside the fold of everything up to there.
With --topic: what is on the compacted topic, tombstones and all, beside the log; publishing goes on meanwhile.
With --pbx: what each PBX itself lists, beside the list; see "rollcall audit".
With --url there is no log to read: that Rollcall looks at itself, which is said.

Exit status: 0 equal, 1 different or damaged, 2 could not be checked. What differs is repaired by "rollcall replay"; a log that is
damaged only by a backup.

Examples:
  rollcall verify
  rollcall verify --data /var/lib/rollcall --json
  rollcall verify --at 14:03
`;
