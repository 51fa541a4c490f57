import { randomUUID } from 'node:crypto';
import { times } from '../support/builders';
import { api, type ClientSocket, connect, newSocket, record, signUp } from '../support/client';
import { connectFrame, connectRaw, openRaw } from '../support/rawConnection';
import { askAnything, disconnection, emitAnything, join, refusalOf, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

/** Cuts the transport, as a bad network does. */
async function cut(socket: ClientSocket): Promise<void> {
  const lost = disconnection(socket);
  socket.io.engine.close();
  await lost;
}

/** Resolves when the client has connected by itself. */
function reconnection(socket: ClientSocket): Promise<void> {
  return new Promise((resolve) => socket.once('connect', resolve));
}

describe.each(testDatabases)('a connection that is lost, on %s', (_name, makeDatabase) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  /** Two devices in a session; the first has heard something, so that it can say where it stopped. */
  async function userInSession() {
    const { token } = await signUp(server);
    const [phone, laptop] = await Promise.all([connect(server, token), connect(server, token)]);
    const sessionId = randomUUID();
    await Promise.all([join(phone, sessionId), join(laptop, sessionId)]);
    const heard = record(phone, 'message');
    await send(laptop, sessionId, 'before');
    await heard.atLeast(2);
    return { token, phone, laptop, sessionId, heard };
  }

  test('is recovered with what it missed, in order, and goes on', async () => {
    const { phone, laptop, sessionId, heard } = await userInSession();
    phone.io.reconnectionDelay(200);
    phone.io.reconnectionDelayMax(200);
    const back = reconnection(phone);
    await cut(phone);
    await Promise.all(times(3, (index) => send(laptop, sessionId, `missed ${index}`)));
    await back;
    expect(phone.recovered).toBe(true);
    await send(laptop, sessionId, 'after');
    expect((await heard.atLeast(10)).map(({ seq }) => seq)).toEqual(times(10, (index) => index + 1));
  });

  test('misses nothing that is sent while it is recovered, and hears nothing twice', async () => {
    const { token, phone, sessionId, heard } = await userInSession();
    const path = `/api/sessions/${sessionId}/messages`;
    let sending = true;
    const flow = async () => {
      while (sending) await api(server, token).post(path, { content: 'x' }).expect(201);
    };
    const flows = times(4, flow);
    for (let count = 0; count < 10; count += 1) {
      const before = heard.seen.length;
      await heard.until((seen) => seen.length > before);
      const back = reconnection(phone);
      await cut(phone);
      await back;
      expect(phone.recovered).toBe(true);
    }
    sending = false;
    await Promise.all(flows);
    const { body } = await api(server, token).get(`/api/sessions/${sessionId}`).expect(200);
    await heard.until((seen) => seen.some(({ seq }) => seq === body.lastSeq));
    expect(heard.seen.map(({ seq }) => seq)).toEqual(times(body.lastSeq, (index) => index + 1));
  });

  test('is not recovered after its login has ended', async () => {
    const { token, phone } = await userInSession();
    phone.io.reconnection(false);
    await cut(phone);
    await api(server, token).post('/api/auth/logout').expect(204);
    expect((await refusalOf(phone)).data).toEqual({ code: 'UNAUTHENTICATED' });
  });

  test('is not recovered with the token of another login', async () => {
    const { phone, laptop, sessionId, heard } = await userInSession();
    const stranger = await signUp(server);
    phone.io.reconnection(false);
    await cut(phone);
    await send(laptop, sessionId, 'secret');
    phone.auth = { token: stranger.token };
    expect((await refusalOf(phone)).data).toEqual({ code: 'UNAUTHENTICATED' });
    expect(heard.seen).toHaveLength(2);
  });

  /** Loses a connection and returns the frame that would recover it, with any token. */
  async function lostRaw(token: string, sessionId: string, speak: () => Promise<unknown>) {
    const raw = await connectRaw(server, token);
    raw.send(`420["join-session","${sessionId}"]`);
    await raw.frame('430');
    await speak();
    const event = await raw.frame('42["message"');
    const { pid } = JSON.parse((await raw.frame('40{')).slice(2));
    const offset: unknown = JSON.parse(event.slice(2)).at(-1);
    raw.cut();
    await raw.closed;
    return (otherToken: string) => connectFrame({ token: otherToken, pid, offset });
  }

  test('tells what it missed to nobody whose token isn’t good, not even on the wire', async () => {
    const { token, laptop, sessionId } = await userInSession();
    const recoverWith = await lostRaw(token, sessionId, () => send(laptop, sessionId, 'heard'));
    await send(laptop, sessionId, 'secret');
    const stranger = await signUp(server);
    for (const badToken of [stranger.token, 'garbage']) {
      const thief = await openRaw(server);
      thief.send(recoverWith(badToken));
      await thief.closed;
      expect(thief.frames.map((frame) => frame.slice(0, 2))).toEqual(['0{', '44']);
    }
    const owner = await openRaw(server);
    owner.send(recoverWith(token));
    expect(await owner.frame('42["message"')).toContain('"content":"heard"');
    await openAnother(token, sessionId);
  });

  /** A socket of the same login that isn’t recovered is let in as ever. */
  async function openAnother(token: string, sessionId: string): Promise<void> {
    const socket = newSocket(server, token);
    socket.connect();
    await reconnection(socket);
    expect(socket.recovered).toBeFalsy();
    await send(socket, sessionId, 'new');
  }

  test('is recovered once: whoever asks for it too is another socket, and a logout ends both', async () => {
    const { token, laptop, sessionId } = await userInSession();
    const recoverWith = await lostRaw(token, sessionId, () => send(laptop, sessionId, 'heard'));
    const both = await openTwice(recoverWith(token));
    await api(server, token).post('/api/auth/logout').expect(204);
    await Promise.all(both.map(({ closed }) => closed));
  });

  test('is recovered once: the end of who has recovered it silences nobody else', async () => {
    const { token, laptop, sessionId } = await userInSession();
    const recoverWith = await lostRaw(token, sessionId, () => send(laptop, sessionId, 'heard'));
    const [recovered, other] = await openTwice(recoverWith(token));
    // As a client does that was not recovered.
    other.send(`420["join-session","${sessionId}"]`);
    await other.frame('430');
    recovered.cut();
    await recovered.closed;
    await send(laptop, sessionId, 'still there?');
    expect(await other.frame('42["message"')).toContain('still there?');
  });

  async function openTwice(frame: string) {
    const both = [await openRaw(server), await openRaw(server)] as const;
    const ids: unknown[] = [];
    for (const raw of both) {
      raw.send(frame);
      ids.push(JSON.parse((await raw.frame('40{')).slice(2)).sid);
    }
    expect(new Set(ids).size).toBe(2);
    return both;
  }

  test('is recovered whatever others do wrong meanwhile', async () => {
    const { phone, sessionId } = await userInSession();
    const stranger = await connect(server, (await signUp(server)).token);
    phone.io.reconnection(false);
    await cut(phone);
    for (const index of times(300, (each) => each)) emitAnything(stranger, 'nonsense', index);
    await askAnything(stranger, 'leave-session', sessionId);
    const back = reconnection(phone);
    phone.connect();
    await back;
    expect(phone.recovered).toBe(true);
  });

  test('tells what it missed to nobody after logout, not even on the wire', async () => {
    const { token, laptop, sessionId } = await userInSession();
    const recoverWith = await lostRaw(token, sessionId, () => send(laptop, sessionId, 'heard'));
    await send(laptop, sessionId, 'secret');
    await api(server, token).post('/api/auth/logout').expect(204);
    const raw = await openRaw(server);
    raw.send(recoverWith(token));
    await raw.closed;
    expect(raw.frames.map((frame) => frame.slice(0, 2))).toEqual(['0{', '44']);
  });
});
