/** How much of the service one asker, or all of them, may take. */
export type HttpLimits = {
  /** Open connections, of all addresses. */
  connections: number;
  /** Open connections of one address; loopback has no such limit, since a proxy there stands for many. */
  connectionsPerAddress: number;
  /** Requests a minute of one address; not counted on loopback. */
  requestsPerMinute: number;
};

/** A thousand readers behind one proxy, who all come back at once after a restart, are far from any of these. */
export const DEFAULT_LIMITS: HttpLimits = {
  connections: 10_000,
  connectionsPerAddress: 4_000,
  requestsPerMinute: 12_000,
};

/** How long the HTTP server itself waits, in milliseconds; then it answers 408, or ends the connection. */
export type Timeouts = {
  /** For the headers to come in, counted from the connection on. */
  headers: number;
  /** For a whole request to come in, body and all. */
  request: number;
  /** For anything to move on a connection; feeds send something oftener. */
  idle: number;
  /** For the next request. */
  keepAlive: number;
  /** How often that is looked at. */
  look: number;
};

export const DEFAULT_TIMEOUTS: Timeouts = {
  headers: 10_000,
  request: 30_000,
  idle: 120_000,
  keepAlive: 30_000,
  look: 2_000,
};

/** With the request line. */
const MAX_HEADER_BYTES = 16 * 1024;
/** What is beyond is not read. */
export const MAX_HEADERS = 200;
export const MAX_BODY_BYTES = 64 * 1024;

/** As node:http is told. */
export const httpOptions = ({ headers, request, keepAlive, look }: Timeouts) => ({
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: headers,
  requestTimeout: request,
  keepAliveTimeout: keepAlive,
  connectionsCheckingInterval: look,
});
