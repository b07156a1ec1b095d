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

/** What the HTTP server itself ends or refuses: 408, 413, 431, or the connection. */
export const SERVER_LIMITS = {
  bodyLimit: 64 * 1024,
  /** For a whole request to come in, body and all. */
  requestTimeout: 30_000,
  /** A connection on which nothing moves; feeds send something oftener. */
  connectionTimeout: 120_000,
  keepAliveTimeout: 30_000,
  http: {
    /** With the request line. */
    maxHeaderSize: 16 * 1024,
    /** For the headers to come in, counted from the connection on. */
    headersTimeout: 10_000,
    /** How often that is looked at. */
    connectionsCheckingInterval: 2_000,
  },
} as const;

/** What is beyond is not read. */
export const MAX_HEADERS = 200;
