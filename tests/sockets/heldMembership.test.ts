import { randomUUID } from 'node:crypto';
import { ChatError } from '../../src/domain/errors';
import type { Message } from '../../src/domain/message';
import { api, type ClientSocket, connect, record, signUp } from '../support/client';
import { HeldStore } from '../support/heldStore';
import { ask, askToJoin, failureIn, join, leave, send, successOf } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases, testOfOneNode } from '../support/testServer';

describe.each(testDatabases)(
  'guarantee 5: who hears a session while the store has not answered yet, on %s',
  (_name, makeDatabase) => {
    const store = new HeldStore();
    let server: TestServer;

    beforeAll(async () => {
      server = await startTestServer({ database: makeDatabase(), wrapStore: store.wrap });
    });

    /** A phone and a laptop, and a session in which the laptop has written something. */
    async function twoDevices() {
      const { token } = await signUp(server);
      const [phone, laptop] = await Promise.all([connect(server, token), connect(server, token)]);
      const sessionId = randomUUID();
      await send(laptop, sessionId, 'the first one makes the session');
      return { rest: api(server, token), phone, laptop, sessionId, heard: record(phone, 'message') };
    }

    /** Resolves when the phone has heard all that was sent to it so far. */
    async function hearAll(phone: ClientSocket, laptop: ClientSocket): Promise<void> {
      const sessionId = randomUUID();
      await join(phone, sessionId);
      const marker = record(phone, 'message').until((seen) =>
        seen.some((each) => each.sessionId === sessionId),
      );
      await send(laptop, sessionId, 'marker');
      await marker;
    }

    const isOf = (sessionId: string) => (message: Message) => message.sessionId === sessionId;

    test('a message stored while the page of a join is read arrives in the answer or live', async () => {
      const { phone, laptop, sessionId, heard } = await twoDevices();
      const read = store.hold('readMessages', 'result');
      const joining = join(phone, { sessionId, after: 0 });
      await read.reached;
      const message = await send(laptop, sessionId, 'meanwhile');
      read.release();
      const { messages = [] } = await joining;
      await hearAll(phone, laptop);
      expect([...messages, ...heard.seen]).toContainEqual(message);
    });

    // Other nodes look the session up to report its activity, and would be held instead.
    testOfOneNode(
      'a message stored while the session of a join is looked up arrives live, or is counted in lastSeq',
      async () => {
        const { phone, laptop, sessionId, heard } = await twoDevices();
        const lookUp = store.hold('findSession', 'result');
        const joining = join(phone, sessionId);
        await lookUp.reached;
        const message = await send(laptop, sessionId, 'meanwhile');
        lookUp.release();
        const { session } = await joining;
        await hearAll(phone, laptop);
        const isHeard = heard.seen.some(({ messageId }) => messageId === message.messageId);
        expect(isHeard || session.lastSeq >= message.seq).toBe(true);
      },
    );

    test('a device in a session stays in it when a message of its own cannot be stored', async () => {
      const { phone, laptop, sessionId, heard } = await twoDevices();
      await join(phone, sessionId);
      store.failNext('appendExchange', new ChatError('UNAVAILABLE'));
      expect(failureIn(await ask(phone, { sessionId, content: 'refused' })).code).toBe('UNAVAILABLE');
      const message = await send(laptop, sessionId, 'heard all the same');
      await hearAll(phone, laptop);
      expect(heard.seen).toContainEqual(message);
    });

    testOfOneNode(
      'a join that fails leaves another one of the same session what is stored before its answer',
      async () => {
        const { phone, laptop, sessionId, heard } = await twoDevices();
        const failing = store.hold('findSession', 'call');
        const lookUp = store.hold('findSession', 'result');
        const joins = [askToJoin(phone, sessionId), askToJoin(phone, sessionId)] as const;
        await Promise.all([failing.reached, lookUp.reached]);
        failing.fail(new ChatError('UNAVAILABLE'));
        expect(failureIn(await joins[0]).code).toBe('UNAVAILABLE');
        const message = await send(laptop, sessionId, 'meanwhile');
        lookUp.release();
        successOf(await joins[1]);
        await hearAll(phone, laptop);
        expect(heard.seen).toContainEqual(message);
      },
    );

    test('a device whose message recreates a deleted session hears it, though a join before it was not found', async () => {
      const { rest, phone, laptop, sessionId, heard } = await twoDevices();
      const read = store.hold('readMessages', 'call');
      const joining = askToJoin(phone, { sessionId, after: 0 });
      await read.reached;
      await rest.delete(`/api/sessions/${sessionId}`).expect(204);
      const append = store.hold('appendExchange', 'call');
      const sending = send(phone, sessionId, 'recreates the session');
      await append.reached;
      read.release();
      expect(failureIn(await joining).code).toBe('NOT_FOUND');
      append.release();
      const message = await sending;
      await hearAll(phone, laptop);
      expect(heard.seen).toContainEqual(expect.objectContaining({ replyTo: message.messageId }));
    });

    /** The events that let a device into a session, each with the call to the store that a test holds. */
    const ENTRANCES = [
      ['join', 'findSession', (socket: ClientSocket, sessionId: string) => join(socket, sessionId)],
      [
        'message',
        'appendExchange',
        (socket: ClientSocket, sessionId: string) => send(socket, sessionId, 'late'),
      ],
    ] as const;

    testOfOneNode.each(ENTRANCES)(
      'a device that leaves while its %s is under way hears nothing more',
      async (_event, call, enter) => {
        const { phone, laptop, sessionId, heard } = await twoDevices();
        const held = store.hold(call, 'call');
        const entering = enter(phone, sessionId);
        await held.reached;
        await leave(phone, sessionId);
        held.release();
        await entering;
        await send(laptop, sessionId, 'unheard');
        await hearAll(phone, laptop);
        expect(heard.seen.filter(isOf(sessionId))).toEqual([]);
      },
    );

    testOfOneNode.each(ENTRANCES)(
      'a device whose %s makes a session anew that another one deletes meanwhile hears the next message',
      async (_event, call, enter) => {
        const { rest, phone, laptop, sessionId, heard } = await twoDevices();
        const held = store.hold(call, 'call');
        const entering = enter(phone, sessionId);
        await held.reached;
        await rest.delete(`/api/sessions/${sessionId}`).expect(204);
        held.release();
        await entering;
        const message = await send(laptop, sessionId, 'in the new one');
        await heard.until((seen) => seen.some(({ messageId }) => messageId === message.messageId));
      },
    );
  },
);
