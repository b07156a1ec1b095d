import type { Told } from '@rollcall/projector';

const texts = new WeakMap<Told, string>();
const batches = new WeakMap<readonly Told[], Buffer>();

/** An event as it is sent: everything of it, and the channel after it; `null` when it is over. Made once for all readers. */
export const eventJson = (told: Told): string => {
  const known = texts.get(told);
  if (known !== undefined) return known;
  const { event, after } = told;
  const text = JSON.stringify(event.stream.startsWith('channel/') ? { ...event, channel: after ?? null } : event);
  texts.set(told, text);
  return text;
};

/** In the form of server-sent events; the position is the id to resume from. Encoded once for all readers. */
export const sseText = (batch: readonly Told[]): Buffer => {
  const known = batches.get(batch);
  if (known !== undefined) return known;
  let text = '';
  for (const told of batch) {
    text += `id: ${told.event.position}\nevent: ${told.event.type}\ndata: ${eventJson(told)}\n\n`;
  }
  const bytes = Buffer.from(text);
  batches.set(batch, bytes);
  return bytes;
};
