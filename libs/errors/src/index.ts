/**
 * The one error type that crosses package boundaries. `code` is stable and meant for machines; `message` is one line for a
 * person: what happened and where; `advice` says what to do about it. A message never carries a secret.
 */
export class RollcallError extends Error {
  readonly code: string;
  readonly advice: string;

  constructor(code: string, message: string, advice: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RollcallError';
    this.code = code;
    this.advice = advice;
  }

  /** `CODE: what happened. What to do.` in one line, for terminals and logs. */
  get line(): string {
    return `${this.code}: ${this.message} ${this.advice}`.trimEnd();
  }
}

export const isRollcallError = (error: unknown, code?: string): error is RollcallError =>
  error instanceof RollcallError && (code === undefined || error.code === code);

/** One line about any thrown thing, for an operator. */
export const errorLine = (error: unknown): string => {
  if (error instanceof RollcallError) return error.line;
  return error instanceof Error ? error.message : String(error);
};
