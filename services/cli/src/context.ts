import type { World } from '@rollcall/clock';
import type { Screen } from './reading/screen.ts';
import type { RetentionSettings } from './retention.ts';
import type { EngineSettings } from './settings/engines.ts';
import type { Terminal } from './terminal.ts';

/** What commands are given, so that a test can be the terminal, the time and the settings. */
export type Context = {
  terminal: Terminal;
  world: World;
  env: NodeJS.ProcessEnv;
  settings: ReadingSettings;
  /** The interactive screen of `watch`. Default: that of the process. */
  screen?: () => Screen;
  /** Ends `watch` when it aborts. */
  signal?: AbortSignal;
};

export type ReadingSettings = Partial<EngineSettings & RetentionSettings> & {
  /** The data directory to read when neither --data nor --url is given. */
  data: string;
  /** Milliseconds for which the channels of a lost PBX stay in the lists. */
  staleAfter: number;
};
