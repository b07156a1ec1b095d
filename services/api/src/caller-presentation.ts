import type { RecordedEvent } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';

/** What Asterisk says of a caller without a number, and all that can be said where no feed told it: both protocols require a value. */
export const PRESENTATION_UNKNOWN = '67 (Number Unavailable)';

/**
 * Asterisk tells a caller and its presentation at once. A feed often tells the caller in some other event first, and its presentation in
 * the event right behind, which then says nothing else: of such two, one is made.
 */
export const withPresentations = (told: readonly Told[]): readonly Told[] => {
  const all: Told[] = [];
  const changes = new Map<string, number>();
  for (const one of told) {
    const { event } = one;
    if (event.type === 'CallerIdChanged') {
      const at = changes.get(event.stream);
      const change = at === undefined ? undefined : all[at];
      const { callerPresentation } = event.data;
      changes.delete(event.stream);
      if (at !== undefined && change?.after && callerPresentation !== undefined && !tellsCaller(event)) {
        all[at] = { ...change, after: { ...change.after, callerPresentation } };
        continue;
      }
      if (tellsCaller(event)) changes.set(event.stream, all.length);
    }
    all.push(one);
  }
  return all;
};

type CallerIdChanged = Extract<RecordedEvent, { type: 'CallerIdChanged' }>;

const tellsCaller = ({ data }: CallerIdChanged): boolean =>
  data.callerNumber !== undefined || data.callerName !== undefined;

/** Of the redirecting number alone neither AMI nor ARI has an event. */
export const isOfRdnis = ({ callerNumber, callerName, callerPresentation }: CallerIdChanged['data']): boolean =>
  callerNumber === undefined && callerName === undefined && callerPresentation === undefined;
