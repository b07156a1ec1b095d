import type { CheckOptions } from '../check.ts';
import type { EmbeddedLog } from '../embedded-log.ts';
import type { Finding } from '../finding.ts';

/** For tests: everything that a check finds. */
export const findings = async (log: EmbeddedLog, options?: CheckOptions): Promise<Finding[]> => {
  const found: Finding[] = [];
  for await (const finding of log.check(options)) found.push(finding);
  return found;
};
