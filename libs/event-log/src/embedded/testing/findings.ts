import type { CheckOptions, Finding } from '../finding.ts';
import type { EmbeddedLog } from '../embedded-log.ts';

/** For tests: everything that a check finds. */
export const findings = async (log: EmbeddedLog, options?: CheckOptions): Promise<Finding[]> => {
  const found: Finding[] = [];
  for await (const finding of log.check(options)) found.push(finding);
  return found;
};
