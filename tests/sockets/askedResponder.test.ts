import { randomUUID } from 'node:crypto';
import type { Prompt } from '../../src/responders/responder';
import { type Deferred, deferred } from '../../testkit/waiting';
import { api, connect, record, signUp } from '../support/client';
import { send } from '../support/socketCalls';
import { startTestServer, testOfOneNode } from '../support/testServer';

/** How long a server waits before it asks again about what has failed, if nobody says otherwise. */
const RETRY_MS = 5_000;

/** A deferred responder that fails the first time it is asked about `fails`, and answers `slow` when the test says so. */
function unreliable() {
  const asked: string[] = [];
  const failed = deferred();
  const slow: Deferred<string> = deferred<string>();
  return {
    asked,
    failed: failed.promise,
    slow,
    responder: {
      kind: 'deferred' as const,
      async respond({ content }: Prompt): Promise<string> {
        const isFirst = !asked.includes(content);
        asked.push(content);
        if (content === 'slow') return slow.promise;
        if (content !== 'fails' || !isFirst) return `answer to ${content}`;
        failed.resolve();
        throw new Error('out of ideas');
      },
    },
  };
}

testOfOneNode(
  'a responder is asked once about a message, although others are asked about again meanwhile',
  async () => {
    const { asked, slow, responder } = unreliable();
    const server = await startTestServer({ parts: { responder, waits: { replyRetryMs: 10 } } });
    const socket = await connect(server, (await signUp(server)).token);
    const heard = record(socket, 'message');
    const sessionId = randomUUID();
    await send(socket, sessionId, 'slow');
    await send(socket, sessionId, 'fails');
    // Who looks for what is unanswered finds the older one first.
    await heard.atLeast(1);
    slow.resolve('answer to slow');
    await heard.atLeast(2);
    expect(heard.seen.map(({ content }) => content)).toEqual(['answer to fails', 'answer to slow']);
    expect(asked).toEqual(['slow', 'fails', 'fails']);
  },
);

const STEP_MS = 500;

describe('a message that could not be answered', () => {
  afterEach(() => void jest.useRealTimers());

  testOfOneNode('is asked about again after 5 s, and not before', async () => {
    const { asked, failed, responder } = unreliable();
    const server = await startTestServer({ parts: { responder } });
    const { token } = await signUp(server);
    const socket = await connect(server, token);
    const heard = record(socket, 'message');
    jest.useFakeTimers({
      doNotFake: [
        'Date',
        'performance',
        'hrtime',
        'nextTick',
        'queueMicrotask',
        'setImmediate',
        'setInterval',
      ],
    });
    const sending = send(socket, randomUUID(), 'fails');
    await failed;
    await sending;
    // In steps, because the wait begins only when the failure is known.
    let waited = 0;
    while (asked.length < 2) {
      jest.advanceTimersByTime(STEP_MS);
      waited += STEP_MS;
      await api(server, token).get('/api/auth/me').expect(200);
    }
    expect(waited).toBeGreaterThanOrEqual(RETRY_MS);
    expect(waited).toBeLessThan(2 * RETRY_MS);
    await heard.atLeast(1);
    expect(asked).toEqual(['fails', 'fails']);
  });
});
