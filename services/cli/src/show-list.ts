import { stateText } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { printable } from '@rollcall/listing';
import type { Running } from './running.ts';
import type { Terminal } from './terminal.ts';

const EVERY_MS = 2000;
const ROWS = 6;

/**
 * A glimpse of the moving list every two seconds, for whoever has just started Rollcall: how many are live, what came and
 * went, and the newest few. Returns what ends it.
 */
export const showList = ({ dir, projection, sessions }: Running, terminal: Terminal, world: World): (() => void) => {
  let came = 0;
  let went = 0;
  const forget = projection.onCommit(({ puts, removals }) => {
    for (const channel of puts.values()) if (channel.revision === 0) came++;
    went += removals.length;
  });
  const show = (): void => {
    const channels = [...dir.cache.list()];
    const prevented = [...sessions.byPbx.values()].reduce(
      (sum, { counters }) => sum + counters.late + counters.suspect,
      0,
    );
    const newest = channels.sort((a, b) => b.position - a.position).slice(0, ROWS);
    terminal.out(
      `${channels.length} live channels (${came} came, ${went} went; ${prevented} ghosts prevented so far), just now:\n` +
        newest
          .map(({ name, state, application, applicationData, exten, context }) => {
            const location = exten ? `${exten}@${context}` : '(None)';
            const app = application ? `${application}(${applicationData ?? ''})` : '';
            return `  ${printable(`${name.padEnd(36)} ${stateText(state).padEnd(8)} ${location.padEnd(20)} ${app}`)}\n`;
          })
          .join(''),
    );
    came = 0;
    went = 0;
    cancel = world.scheduler.after(EVERY_MS, show);
  };
  let cancel = world.scheduler.after(EVERY_MS, show);
  return () => {
    cancel();
    forget();
  };
};
