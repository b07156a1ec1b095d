/** An answer of the PBX to an action. */
export type AmiResponse = {
  /** `Success`, `Error`, `Goodbye`. */
  response: string;
  /** First value of that header. */
  get(header: string): string | undefined;
  /** Every header with its value, repeated ones too, in order. */
  headers: readonly (readonly [header: string, value: string])[];
};

export const parseResponse = (bytes: Buffer, start: number, end: number): AmiResponse => {
  const headers = bytes
    .toString('utf8', start, end)
    .split(/\r?\n/)
    .filter((line) => line.includes(':'))
    .map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)] as const;
    });
  const get = (wanted: string) => headers.find(([header]) => header === wanted)?.[1];
  return { response: get('Response') ?? '', get, headers };
};

/** What went wrong, in Asterisk's words. */
export const refusal = (response: AmiResponse): string => response.get('Message') ?? response.response;
