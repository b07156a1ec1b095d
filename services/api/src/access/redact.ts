const SECRETS = new Set(['api_key', 'apikey', 'token', 'access_token', 'password', 'secret']);

/** A url of a request as it may be logged: without what logs in, however its name is encoded. */
export const redactedUrl = (url: string): string => {
  let logged = '';
  let isHidden = false;
  for (const part of withoutUser(url).split(/([?&;#])/)) {
    // A password may hold the other signs as they are: only this one ends it.
    if (part === '&') isHidden = false;
    if (isHidden) continue;
    const [name = ''] = part.split('=', 1);
    isHidden = name !== part && SECRETS.has(decoded(name).toLowerCase());
    logged += isHidden ? `${name}=[redacted]` : part;
  }
  return logged;
};

const withoutUser = (url: string): string => url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1[redacted]@');

const decoded = (name: string): string =>
  name.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
