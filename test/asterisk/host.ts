/** Something that can run an installed Asterisk: a chroot, or Docker. */
export interface AsteriskHost {
  readonly description: string;
  /** Where the directories of instances go, as this process sees it. */
  readonly instances: string;
  /** How Asterisk itself calls a path below `instances`. */
  inside(path: string): string;
  /** Who must own an instance's directory so that Asterisk can write it; undefined when it does not matter. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Starts `asterisk -f` with that configuration (path as Asterisk calls it); its console goes to `consoleLog` (path as we call it). */
  launch(configFile: string, consoleLog: string): Promise<AsteriskProcess>;
}

export interface AsteriskProcess {
  /** Resolves with what ended it, once it is gone. */
  readonly exited: Promise<string>;
  /** For the one exit handler that a dying test process still runs; does not wait. */
  killNow(): void;
  signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Runs a program beside it and returns what it prints. */
  run(command: readonly string[]): Promise<string>;
}
