/** A promise that was broken, and what was seen. */
export type Failure = { at: number; promise: string; what: string };

export type Fail = (promise: string, what: string) => void;
