export { type AmiObserver, type AmiObserverOptions, createAmiObserver } from './ami/observer.ts';
export { type AriObserved, type AriObserver, createAriObserver } from './ari/observe.ts';
export { pbxError } from './errors.ts';
export { type AriRecordingOptions, readAriRecording } from './recording/ari.ts';
export type { RecordedPart, Recording, RecordingReport } from './recording/recording.ts';
export type { AsteriskConnection, AsteriskSource } from './source.ts';
