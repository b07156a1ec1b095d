import { printable } from '@rollcall/listing';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type AuditResult, auditResult, notFollowing } from '../operations/audit.ts';
import { operate } from '../operations/operate.ts';
import { dataOf, type OperatingPlace, operatingOptions, runningServer } from '../operations/place.ts';
import { jsonLine } from '../reading/json-line.ts';
import { span } from '../reading/span.ts';

type Options = OperatingPlace & { pbx?: string; json?: boolean };

/** `rollcall audit`: is it our list or Asterisk's that is wrong? Exit 0 when neither is, 1 when one is, 2 when it cannot be told. */
export const registerAudit = (program: Command, context: Context): void => {
  const command = program.command('audit').description("set each PBX's own lists beside Rollcall's");
  operatingOptions(command)
    .option('--pbx <name>', 'of this PBX only')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action((options: Options) => auditAll(options, context));
};

const auditAll = async ({ pbx, json = false, ...place }: Options, context: Context): Promise<void> => {
  const result = await askForAudit(pbx === undefined ? {} : { pbx }, place, context);
  if (json) context.terminal.out(jsonLine(result));
  showAudit(result, json, context);
  process.exitCode = auditStatus(result);
};

/** @throws RollcallError NOT_FOLLOWING, and those of operate */
export const askForAudit = (body: { pbx?: string }, place: OperatingPlace, context: Context): Promise<AuditResult> => {
  if (!runningServer(place, context)) throw notFollowing(dataOf(place, context));
  return operate({ operation: 'audit', body, result: auditResult, place, json: false, context });
};

/** With `json` only what could not be asked, to stderr: the rest is in the JSON. */
export const showAudit = ({ audits, failed }: AuditResult, json: boolean, { terminal, world }: Context): void => {
  if (!json) for (const audit of audits) terminal.out(describe(audit, world.clock.now()));
  for (const { pbx, code, message, advice } of failed) terminal.err(`${pbx}: ${code}: ${message} ${advice}\n`);
};

/** As an exit status: 0 all agrees, 1 something differs, 2 somebody could not be asked. */
export const auditStatus = ({ audits, failed }: AuditResult): number => {
  if (failed.length > 0) return 2;
  const differs = ({ ours, missing, asterisks }: Audit): boolean =>
    asterisks.length > 0 || [...ours, ...missing].some(({ outcome }) => outcome !== 'withdrawn');
  return audits.some(differs) ? 1 : 0;
};

type Audit = AuditResult['audits'][number];

const describe = ({ pbx, agreed, ours, missing, asterisks, cannotTell, complete }: Audit, now: number): string => {
  const settled = (list: Audit['ours']) =>
    list.map(({ name, uniqueid, outcome }) => `    ${printable(`${name}  ${uniqueid}`)}  ${OUTCOMES[outcome]}`);
  const ghosts = asterisks.map(({ name, uniqueid, seenIn, listedSince, overSince }) => {
    const age = overSince ?? listedSince;
    const since = age === undefined ? '' : `, ${overSince === undefined ? 'there' : 'over'} for ${span(now - age)}`;
    return `    ${printable(`${name}  ${uniqueid}`)}  in ${seenIn.join(' and ')}${since}`;
  });
  return `${[
    `${pbx}: ${agreed} channels agree${complete ? '' : '; its lists came incomplete, so what they lack was not concluded from'}`,
    `  ours: ${ours.length} that Rollcall listed and the PBX does not have`,
    ...settled(ours),
    `  missing: ${missing.length} that the PBX has and Rollcall did not list`,
    ...settled(missing),
    `  Asterisk's: ${asterisks.length} ghosts in its own list, which Rollcall never takes over`,
    ...ghosts,
    ...(ghosts.length > 0 ? ['    only a restart of that Asterisk removes them'] : []),
    ...cannotTell.map((what) => `  not known: ${what}`),
  ].join('\n')}\n`;
};

const OUTCOMES = {
  repaired: 'repaired',
  withdrawn: 'settled by itself: an event was on its way',
  unsettled: 'not settled yet: the PBX did not answer about it; the next list will tell',
};

const HELP = `
The running Rollcall asks each PBX for its lists and compares:
  ours        listed here, but the PBX does not have it: looked at once more, then repaired
  missing     the PBX has it, but it was not listed here: repaired
  Asterisk's  ghosts: CoreShowChannels lists them, Status does not, so there is no such channel
Over ARI alone Asterisk's own ghosts cannot be told from channels; the output says so. It also runs by itself
(auditEvery, every 10 minutes), and /readyz has the counts.
Exit status: 0 everything agrees; 1 something differed or Asterisk has ghosts; 2 a PBX could not be asked.

Examples:
  rollcall audit
  rollcall audit --pbx pbx-a --json
`;
