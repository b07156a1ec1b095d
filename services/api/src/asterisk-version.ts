/** Asterisk's version, of what a PBX said it is: its own, or, where only a recording of its AMI is known, that of AMI; the major versions of both go together. */
export const asteriskVersion = (version = ''): string => {
  const [major = ''] = version.split('.');
  return ASTERISK_OF_AMI[major] ?? version;
};

const ASTERISK_OF_AMI: Record<string, string> = {
  5: '16',
  6: '17',
  7: '18',
  8: '19',
  9: '20',
  10: '21',
  11: '22',
  12: '23',
};
