import { expect, test } from 'vitest';
import { type DomainEvent, type RecordedEvent, SCHEMA_VERSION, type Unreadable } from './events.ts';
import { evolvePbx, type Pbx } from './pbx.ts';
import { position, revision } from './place.ts';
import { unreadable } from './readable.ts';

const told = (boot: number, ...events: (DomainEvent | Unreadable)[]): RecordedEvent[] =>
  events.map((event, index) => ({
    ...{ id: '', time: index, recorded: index, pbx: 'a', boot, source: 'ami', schema: SCHEMA_VERSION, stream: 'pbx/a' },
    ...{ revision: revision(index), position: position(index + 1) },
    ...event,
  }));
const fold = (events: RecordedEvent[]): Pbx | undefined =>
  events.reduce<Pbx | undefined>((pbx, event) => evolvePbx(pbx, event), undefined);

const booted = (boot: number): DomainEvent => ({
  type: 'PbxBooted',
  data: { boot, evidence: 'startup-time', startup: `ami:${boot}` },
});

test('a restart that cannot be read is one all the same: of the boot that its envelope says, begun nobody knows when', () => {
  const restarted = told(5, booted(4), unreadable('PbxBooted', '{', 'broken'));
  expect(fold(restarted)).toMatchObject({ boot: 5, startup: undefined, revision: 1 });
});

test('nothing else that cannot be read changes anything but the revision', () => {
  const events = told(4, booted(4), unreadable('PbxDisconnected', '{', 'broken'), unreadable('Unheard', '{', 'new'));
  expect(fold(events)).toEqual({ ...fold(events.slice(0, 1)), revision: 2, position: 3 });
});

test('what was lost is doubted until a list has come; of a recording none comes, and a new boot ends the doubt', () => {
  const connected = (recording: boolean): DomainEvent => ({
    type: 'PbxConnected',
    data: { source: 'ami', version: undefined, startup: undefined, recording },
  });
  const lost: DomainEvent = { type: 'PbxDisconnected', data: { reason: 'over' } };
  const after = (recording: boolean, ...more: DomainEvent[]) =>
    fold(told(1, booted(1), connected(recording), lost, ...more, connected(recording)));
  expect(after(true)?.staleBefore).toBe(3);
  expect(after(true, booted(2))?.staleBefore).toBeUndefined();
  expect(after(false, booted(2))?.staleBefore).toBe(3);
});
