import { type Channel, channelIsStale, isDoubtful, isLongGone } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import { type CacheReader, isUncertain } from '@rollcall/state-cache';
import type { FastifyReply } from 'fastify';
import type { Listing } from '../listed.ts';
import type { ApiOptions } from '../options.ts';

/** What may be wrong about a channel: it is told with it. */
export const doubtsOf = (channel: Channel, cache: CacheReader): { stale?: true; uncertain?: true } => ({
  ...(channelIsStale(channel, cache.pbx(channel.pbx)) && { stale: true }),
  ...(isUncertain(channel, cache) && { uncertain: true }),
});

/**
 * Names of the PBXs of which a list may not be true any more: their connection is lost, or back and not yet compared. One that is away
 * for longer than its channels stay in the lists is named only where it is asked for.
 */
export const stalePbxs = ({ cache, now, staleAfter }: Listing, asked?: readonly string[]): string[] =>
  [...cache.pbxs()]
    .filter(isDoubtful)
    .filter((pbx) => (asked ? asked.includes(pbx.name) : !isLongGone(pbx, now, staleAfter)))
    .map(({ name }) => name);

/**
 * Names them in a header, as `/ari` does.
 * @throws RollcallError PBX_STALE where `staleAnswers` is `refuse` and whoever asks did not say what he wants of what is stale
 */
export const sayStale = (
  reply: FastifyReply,
  stale: readonly string[],
  { staleAnswers, said }: Pick<ApiOptions, 'staleAnswers'> & { said: boolean },
): void => {
  if (stale.length === 0) return;
  if (staleAnswers === 'refuse' && !said) {
    throw new RollcallError(
      'PBX_STALE',
      `The connection to ${stale.join(', ')} is lost, or back and not yet compared.`,
      'Ask again later; for one PBX that is followed (pbx=NAME); or with stale=yes, no or only. /v1/pbxs tells why.',
    );
  }
  reply.header('x-rollcall-stale', stale.join(','));
};
