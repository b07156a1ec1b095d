export { createCounters, type ProjectorCounters } from './apply-all.ts';
export { project, retryQuarantine, runProjector } from './projector.ts';
export { catchUp, replay, replayOpen, type Verification, verify } from './replay.ts';
export { type Applied, createStep } from './step.ts';
