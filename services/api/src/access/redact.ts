/** A url of a request as it may be logged: without what logs in. */
export const redactedUrl = (url: string): string =>
  url.replace(/([?&;](?:api_key|apikey|token|access_token|password|secret)=)[^&;#]*/gi, '$1[redacted]');
