/** A channel's stream. Keyed by boot too: a PBX that restarts with its clock set back may hand out the same uniqueid again. */
export const channelStream = (pbx: string, boot: number, uniqueid: string): string =>
  `channel/${pbx}/${boot}/${uniqueid}`;

/** The stream of a PBX itself: connections, boots, reconciliations. */
export const pbxStream = (pbx: string): string => `pbx/${pbx}`;

const CHANNEL = /^channel\/([^/]+)\/(\d+)\/(.+)$/s;

/** PBX names hold no slash (the settings see to it); uniqueids may. */
export const parseStream = (stream: string): { pbx: string; boot?: number; uniqueid?: string } | undefined => {
  const channel = CHANNEL.exec(stream);
  if (channel?.[1] && channel[2] && channel[3]) {
    return { pbx: channel[1], boot: Number(channel[2]), uniqueid: channel[3] };
  }
  return stream.startsWith('pbx/') ? { pbx: stream.slice(4) } : undefined;
};
