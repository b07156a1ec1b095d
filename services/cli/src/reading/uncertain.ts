import { printable } from '@rollcall/listing';
import type { CacheReader } from '@rollcall/state-cache';

/** Lines for stderr, one for each PBX of which something is set aside. */
export const uncertainLines = (cache: CacheReader, only: string | undefined): string[] => {
  const counts = new Map<string, { listed: number; unlisted: number; itself: boolean }>();
  for (const { stream, pbx } of cache.quarantine()) {
    if (only !== undefined && pbx !== only) continue;
    const count = counts.get(pbx) ?? { listed: 0, unlisted: 0, itself: false };
    if (stream.startsWith('pbx/')) count.itself = true;
    else if (cache.get(stream)) count.listed++;
    else count.unlisted++;
    counts.set(pbx, count);
  }
  return [...counts].map(([pbx, { listed, unlisted, itself }]) => {
    const what = [
      listed > 0 && `${listed === 1 ? '1 channel is' : `${listed} channels are`} uncertain`,
      unlisted > 0 && `${unlisted} ${unlisted === 1 ? 'is' : 'are'} not listed`,
      itself && 'whether it is connected is uncertain',
    ];
    return `${printable(pbx)}: ${what.filter(Boolean).join(', ')}: events cannot be read, see "rollcall quarantine"\n`;
  });
};
