import type { Request } from './requests.ts';
import type { View } from './view.ts';

/** The answer to a request in pieces, made while they are sent: a long list is never one long text. */
export type Action = (request: Request, view: View) => Iterable<string>;
