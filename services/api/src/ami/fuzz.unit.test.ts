import { describe, expect, test } from 'vitest';
import { seeded } from '../testing/seeded.ts';
import { cacheOf, channelOf, pbxNamed, SINCE } from '../testing/served.ts';
import { createDialogue } from './dialogue.ts';
import { hostileBytes } from './hostile.fixture.ts';
import { createRequestReader } from './requests.ts';
import { createView } from './view.ts';

// ROLLCALL_FUZZ=1000000 for the long run.
const INPUTS = Number(process.env.ROLLCALL_FUZZ ?? 20_000);

const cache = cacheOf(
  [pbxNamed('pbx-a'), pbxNamed('pbx-b')],
  [
    channelOf('pbx-a', '1.1', { name: 'PJSIP/own-1', bridge: 'x', callerName: 'own-caller' }),
    channelOf('pbx-b', '2.2', { name: 'PJSIP/hidden-1', bridge: 'x', callerName: 'hidden-caller' }),
  ],
);

/** The protocol without a socket: what one client is answered. */
const converse = (isLoggedIn: boolean) => {
  const reader = createRequestReader();
  const dialogue = createDialogue({
    view: ({ pbxs }) => createView({ cache, now: SINCE, staleAfter: 1 }, pbxs),
    challenge: () => '123456',
    uptime: () => 1,
    staleAnswers: 'mark',
  });
  const login = (bytes: Buffer): string => {
    const [request] = createRequestReader().push(bytes);
    const reply = request && dialogue.receive(request);
    return reply?.kind === 'login' ? reply.loggedIn({ name: 'u', role: 'read', pbxs: ['pbx-a'] }) : '';
  };
  if (isLoggedIn) login(Buffer.from('Action: Login\r\n\r\n'));
  return (bytes: Buffer): string => {
    let said = '';
    for (const request of reader.push(bytes)) {
      const reply = dialogue.receive(request);
      said += reply.kind === 'login' ? reply.refused() : [...reply.texts].join('');
    }
    return said;
  };
};

const BLOCKS = /^((?:[^\r\n\0:]+: [^\r\n\0]*\r\n)+\r\n)*$/;

describe(`${INPUTS} inputs that no client would send`, () => {
  test.each([false, true])(
    'logged in: %s: nothing breaks, each answer is whole, and shows nothing that it should not',
    (isLoggedIn) => {
      const random = seeded(isLoggedIn ? 7 : 3);
      let answered = 0;
      let shown = 0;
      for (let input = 0; input < INPUTS / 2; input++) {
        const bytes = hostileBytes(random);
        const said = converse(isLoggedIn)(bytes);
        if (said !== '') answered++;
        if (said.includes('own-caller')) shown++;
        const isWhole = BLOCKS.test(said);
        if (!isWhole || said.includes('hidden-caller') || (!isLoggedIn && said.includes('own-caller'))) {
          expect.fail(`seed ${input}: ${JSON.stringify(bytes.toString('latin1'))} is answered ${JSON.stringify(said)}`);
        }
      }
      expect(answered).toBeGreaterThan(INPUTS / 8);
      expect(shown > 0).toBe(isLoggedIn);
    },
  );

  test('in whatever pieces they come, they are answered alike', () => {
    const random = seeded(11);
    for (let input = 0; input < INPUTS / 20; input++) {
      const bytes = hostileBytes(random);
      const whole = converse(true)(bytes);
      const inPieces = converse(true);
      let said = '';
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + 1 + Math.floor(random() * 700));
        said += inPieces(bytes.subarray(at, end));
        at = end;
      }
      if (timeless(said) !== timeless(whole)) expect(said).toBe(whole);
    }
  });
});

const timeless = (text: string): string => text.replace(/Timestamp: .*/g, '');
