import { isOfType } from '@rollcall/kafka';
import { type Trying, tryUntilDone } from './keep-trying.ts';
import type { Acknowledged, Sender, ToSend } from './sender.ts';

/** `acknowledged`: told of the whole batch, or of each part where a broker took it only in parts. */
export type Deliver = (batch: ToSend, acknowledged: (part: ToSend, offsets: Acknowledged) => void) => Promise<void>;

/**
 * Sends a batch until it is through, always as it was: what may have been written half is then written whole, and its last
 * records are the last of their keys again. A record that is too large by itself is left out, and told.
 * @throws what kafkajs throws when the topic is gone, or when it is to stop
 */
export const createDeliver = (
  sender: Sender,
  trying: Trying,
  told: { delivered: () => void; tooLarge: (error: unknown) => void },
): Deliver => {
  const isFinal = (error: unknown) => isOfType(error, 'UNKNOWN_TOPIC_OR_PARTITION') || isTooLarge(error);

  const deliver: Deliver = async (batch, acknowledged) => {
    try {
      const offsets = await tryUntilDone(() => sender.send(batch), { ...trying, isFinal });
      acknowledged(batch, offsets);
      told.delivered();
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      const { topic, messages } = batch;
      if (messages.length === 1) return told.tooLarge(error);
      const half = Math.ceil(messages.length / 2);
      await deliver({ topic, messages: messages.slice(0, half) }, acknowledged);
      await deliver({ topic, messages: messages.slice(half) }, acknowledged);
    }
  };
  return deliver;
};

const isTooLarge = (error: unknown): boolean => isOfType(error, 'MESSAGE_TOO_LARGE');
