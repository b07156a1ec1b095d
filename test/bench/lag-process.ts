/**
 * A view in a process of its own: how long after its append each snapshot was there to read. The events carry the time of their append,
 * in milliseconds since 1970, as caller name; asked `report`, it tells and begins anew.
 */
import { openChannelView } from '@rollcall/projection-topic';

export type Lag = { count: number; p50: number; p99: number };

const { brokers, topics } = JSON.parse(process.argv[2] ?? '{}');
const now = (): number => performance.timeOrigin + performance.now();
let lags: number[] = [];
const note = ({ callerName }: { callerName?: string | null | undefined }): void =>
  void lags.push(now() - Number(callerName));

const view = openChannelView({ brokers, topics });
view.on('created', note);
view.on('changed', note);
await view.ready;
process.send?.('ready');
process.on('message', () => {
  const sorted = lags.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN);
  process.send?.({ count: sorted.length, p50: at(0.5), p99: at(0.99) } satisfies Lag);
  lags = [];
});
process.on('disconnect', () => process.exit());
