/** What ARI, or whatever listens there, answered to one request. */
export type AriAnswer = {
  status: number;
  /** What the server says it is: `Asterisk/22.10.1`, unless http.conf gives it another name. */
  server: string;
  /** Parsed from JSON; undefined when it is something else. */
  body: unknown;
};
