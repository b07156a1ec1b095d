import { RollcallError } from '@rollcall/errors';

const KEPT =
  'What stood before it is kept: mend the export, or export again, and run the import once more; it goes on from there.';

export const importInvalid = (line: number, field: string | undefined, what: string, cause?: unknown): RollcallError =>
  new RollcallError(
    'IMPORT_INVALID',
    `Line ${line} of the export cannot be taken: ${field ? `${field}: ` : ''}${what}.`,
    KEPT,
    { cause },
  );

export const importUnreadable = (lines: number, what: string, cause?: unknown): RollcallError =>
  new RollcallError('IMPORT_UNREADABLE', `The export cannot be read behind line ${lines}: ${what}.`, KEPT, { cause });

export const importVersionUnknown = (version: number, known: number): RollcallError =>
  new RollcallError(
    'IMPORT_FORMAT_UNKNOWN',
    `The export has version ${version}; this Rollcall knows versions up to ${known}.`,
    'Import it with the version of Rollcall that wrote it, or a newer one.',
  );

export const importOfOtherLog = (path: string, there: string, id: string): RollcallError =>
  new RollcallError(
    'IMPORT_OTHER_LOG',
    `${path} is the log ${there}, the export is of log ${id}.`,
    'Import into a new, empty directory.',
  );

export const importDiffers = (path: string, line: number, position: number, fields: string): RollcallError =>
  new RollcallError(
    'IMPORT_DIFFERS',
    `${path} does not hold what line ${line} of the export says of position ${position}: ${fields}.`,
    'It went another way since, or was compacted. Import into a new, empty directory.',
  );

export const importGap = (from: number, what: string): RollcallError =>
  new RollcallError(
    'IMPORT_GAP',
    `The export is a part of a log, from position ${from} on, and ${what}.`,
    'Import the part before it first, or export the whole log.',
  );
