export { createCounters, type ProjectorCounters, project, runProjector } from './projector.ts';
export { catchUp, replay, replayOpen, type Verification, verify } from './replay.ts';
export { type Applied, createStep } from './step.ts';
