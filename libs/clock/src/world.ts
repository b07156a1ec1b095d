/** Time, chance and timers are given to the code that needs them, so that a test or a simulation can decide them. */

export type Clock = {
  /** Wall-clock time in milliseconds since 1970-01-01 UTC. May step, also backwards. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. For durations. */
  monotonic(): number;
};

export type Random = {
  /** Uniform in [0, 1). */
  float(): number;
  /** A fresh RFC 9562 UUID. */
  uuid(): string;
  /** So many bytes that nobody can guess, in hex. */
  secret(bytes: number): string;
};

export type Cancel = () => void;

export type Scheduler = {
  /** Runs `task` once, not before `ms` milliseconds have passed. Does not keep the process alive. */
  after(ms: number, task: () => void): Cancel;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

export type World = { clock: Clock; random: Random; scheduler: Scheduler };
