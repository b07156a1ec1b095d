/** Asterisk's words for yes, in ARI and AMI alike. */
export const saysYes = (text: string): boolean => /^(yes|true|y|t|1|on)$/i.test(text);
