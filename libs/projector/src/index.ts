export { createCounters, type ProjectorCounters } from './apply-all.ts';
export { type Told, tell } from './feed.ts';
export { project, retryQuarantine, runProjector } from './projector.ts';
export { type RebuildOptions, type RebuildProgress, type Rebuilt, rebuild } from './rebuild.ts';
export { catchUp, replay, replayOpen, type Verification, verify } from './replay.ts';
export { type Applied, createStep } from './step.ts';
export { type TakeOver, takeOver } from './take-over.ts';
export { createTurnstile, type Turnstile } from './turnstile.ts';
