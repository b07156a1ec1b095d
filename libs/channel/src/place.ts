declare const place: unique symbol;

/** Place of an event in its stream, from 0. */
export type Revision = number & { readonly [place]: 'revision' };

/** Place of an event in the whole log, from 1, rising, possibly with gaps. 0 is the place before the first event. */
export type Position = number & { readonly [place]: 'position' };

/** For the edges where a number becomes a place: adapters, decoders, settings. */
export const revision = (value: number): Revision => value as Revision;
export const position = (value: number): Position => value as Position;

/** The place before every event. */
export const START: Position = position(0);
