// What commands share with the server, without the server: a command that asks for one operation need not load it.
export { imageLines } from './image.ts';
export { createJobs, type Job, type Jobs } from './jobs.ts';
export { type JobControl, type Operation, operation, type Progress } from './operation.ts';
export { createPace } from './pace.ts';
