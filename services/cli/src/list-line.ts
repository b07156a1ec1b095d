/** Where the list is served, how this Rollcall is, and what else may be asked: the first thing that whoever started it wants to open. */
export const listLine = (url: string | undefined): string =>
  url === undefined ? '  list  HTTP is off' : `  list  ${url}/ari/channels  ${url}/readyz  ${url}/v1/docs`;
