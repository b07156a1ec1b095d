/**
 * Technology and peer of a channel's name, as Asterisk makes names: what stands before the last dash. `PJSIP/trunk-a-0000001f` is of
 * `PJSIP/trunk-a`; `Local/100@default-00000002;1` of `Local/100@default`.
 */
export const endpointOf = (name: string): string => {
  const dash = name.lastIndexOf('-');
  return dash > 0 ? name.slice(0, dash) : name;
};
