import { printable } from '@rollcall/listing';
import type { Command } from 'commander';
import { checkDataDir } from '../checks.ts';
import type { Context } from '../context.ts';
import { checkServers } from '../engines/check-server.ts';
import { type DoctorFinding, examineResult, found } from '../operations/examine.ts';
import { operate } from '../operations/operate.ts';
import { dataOf, type OperatingPlace, operatingOptions, runningServer } from '../operations/place.ts';
import { jsonLine } from '../reading/json-line.ts';
import { allSetAside } from '../reading/set-aside.ts';
import { enginesOf } from '../settings/engines.ts';
import { openView } from '../view.ts';

type Options = OperatingPlace & { quick?: boolean; json?: boolean };

/** `rollcall doctor`: everything that can be checked of an installation. Exit 0 when all is well, 1 when something is to be done. */
export const registerDoctor = (program: Command, context: Context): void => {
  const command = program
    .command('doctor')
    .description('check the whole installation, and say for each thing what to do');
  operatingOptions(command)
    .option('--quick', 'leave out what reads the whole log')
    .option('--json', 'print the findings as one JSON object')
    .addHelpText('after', HELP)
    .action((options: Options) => examine(options, context));
};

const examine = async (options: Options, context: Context): Promise<void> => {
  const { quick = false, json = false, ...place } = options;
  const findings: DoctorFinding[] = [];
  if (place.url === undefined) {
    const data = dataOf(place, context);
    const { log = 'embedded', logPartitions = 1 } = context.settings;
    const engines = await enginesOf({ ...context.settings, log, logPartitions });
    findings.push(...(await checkServers(engines, context.world)));
    if (engines.log.is === 'embedded') findings.push(...(await checkDataDir(data, context.world, !quick)));
    const isBroken = findings.some(({ of, what, ok }) => (what === 'log' || of === 'log') && ok === false);
    if (engines.log.is !== 'kafka' && !isBroken) findings.push(await setAsideIn(data, context));
  }
  if (runningServer(place, context)) {
    const asked = { operation: 'examine', body: {}, result: examineResult, place, json: false, context };
    findings.push(...(await operate(asked)).findings);
  } else
    findings.push(
      found(
        'rollcall',
        'running',
        undefined,
        'No Rollcall that serves HTTP runs here: its PBXs were not examined.',
        'Start it: rollcall start.',
      ),
    );
  context.terminal.out(json ? jsonLine({ findings }) : findings.map(line).join(''));
  if (findings.some(({ ok }) => ok === false)) process.exitCode = 1;
};

const setAsideIn = async (data: string, { world, settings }: Context): Promise<DoctorFinding> => {
  const view = await openView({ data, world, settings });
  try {
    const count = allSetAside(view.cache).length;
    return found(
      'list',
      'quarantine',
      count === 0,
      `${count} channels wait at an event that cannot be read.`,
      'See "rollcall quarantine".',
    );
  } finally {
    await view.close();
  }
};

const MARKS = new Map([
  [true, 'ok      '],
  [false, 'NOT OK  '],
]);

const line = ({ of, what, ok, detail, advice }: DoctorFinding): string =>
  `${(ok === undefined ? undefined : MARKS.get(ok)) ?? 'unknown '}${printable(`${of}: ${what}`).padEnd(28)}  ${printable(detail)}${advice && ok !== true ? `\n          ${printable(advice)}` : ''}\n`;

const HELP = `
This machine: the data directory, who may read it, room on its disk, whether the log and the image are sound, what is set aside.
The running Rollcall: whether the list follows the log, and how far behind. Each PBX: its clock against this one, the
permissions of the login, its writetimeout (Asterisk drops a slow reader), filters that hide Hangup, and Hangups that never came.
Exit status: 0 nothing is wrong (what cannot be told is said), 1 something is to be done, 2 could not be checked.

Examples:
  rollcall doctor
  rollcall doctor --quick --json | jq '.findings[] | select(.ok == false)'
`;
