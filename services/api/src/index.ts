export { type AmiOptions, createAmiFace } from './ami/face.ts';
export type { Follow } from './hub.ts';
export { listen, listenBeside, renewTls } from './listen.ts';
export type { ApiOptions, Tls } from './options.ts';
export { createApi } from './server.ts';
