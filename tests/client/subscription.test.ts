import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { times } from '../../testkit/builders';
import { TcpProxy } from '../../testkit/tcpProxy';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import {
  contentsOf,
  follow,
  newAccount,
  newClient,
  next,
  online,
  seqsOf,
  signedUp,
  wholeHistory,
} from './support';

const upTo = (last: number, from = 1) => times(last - from + 1, (index) => from + index);

/** Holds back what is sent over a WebSocket once a session was looked up, of which the first is that it is joined. */
function holdJoin(proxy: TcpProxy, sessionId: string) {
  const held: (() => void)[] = [];
  let isLookedUp = false;
  const reached = new Promise<void>((resolve) => {
    proxy.interference.toServer = (data, link) => {
      const passOn = () => void link.server.write(data);
      const isRequest = /^[A-Z]+ \//.test(String(data));
      if (isRequest && data.includes(`/api/sessions/${sessionId}`)) isLookedUp = true;
      if (isRequest || !isLookedUp) return passOn();
      held.push(passOn);
      resolve();
    };
  });
  const release = () => {
    delete proxy.interference.toServer;
    for (const passOn of held) passOn();
  };
  return { reached, release };
}

describe.each(testDatabases)('a subscription, on %s', (_name, makeDatabase) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  const proxies: TcpProxy[] = [];

  afterEach(() => {
    for (const proxy of proxies.splice(0)) proxy.refuse();
  });

  /** Two devices of one user. The second one connects through a proxy. */
  async function devices() {
    const account = newAccount();
    const writer = newClient({ url: server.url });
    await writer.signUp(account);
    const proxy = await TcpProxy.to(server.url);
    proxies.push(proxy);
    const reader = newClient({ url: `http://${proxy.host}` });
    await reader.logIn(account);
    const { id } = await writer.sessions.create();
    await Promise.all([online(writer), online(reader)]);
    return { writer, reader, proxy, id };
  }

  test('reads all pages of the history, then delivers live', async () => {
    const { writer, reader, id } = await devices();
    await Promise.all(times(130, (index) => writer.send(id, `${index}`)));
    const { messages, until } = follow(reader, id, 0);
    await Promise.all(times(10, (index) => writer.send(id, `live ${index}`)));
    await until(280);
    expect(seqsOf(messages)).toEqual(upTo(280));
    expect(messages).toEqual(await wholeHistory(reader, id));
  });

  test('reads all pages of the history without any live message', async () => {
    const { writer, reader, id } = await devices();
    const near = follow(writer, id, 0);
    await Promise.all(times(130, (index) => writer.send(id, `${index}`)));
    // Waits for the last reply, which follows the acknowledgements.
    await near.until(260);
    const { messages, until } = follow(reader, id, 0);
    await until(260);
    expect(seqsOf(messages)).toEqual(upTo(260));
  });

  test('starts with messages stored from now on, or after a given one', async () => {
    const { writer, reader, id } = await devices();
    await writer.send(id, 'before');
    const live = follow(reader, id);
    const rest = follow(reader, id, 1);
    await rest.until(2);
    // The two subscriptions start independently.
    while (live.subscription.lastSeq !== 2) await setImmediate();
    await writer.send(id, 'now');
    await Promise.all([live.until(4), rest.until(4)]);
    expect([seqsOf(live.messages), seqsOf(rest.messages)]).toEqual([upTo(4, 3), upTo(4, 2)]);
    expect(rest.subscription.lastSeq).toBe(4);
  });

  test.each(['user', 'server'])(
    'fills the gap if messages of the %s were lost in transit',
    async (sender) => {
      const { writer, reader, proxy, id } = await devices();
      const { messages, until } = follow(reader, id, 0);
      await writer.send(id, 'first');
      await until(2);
      let lost = 0;
      proxy.interference.toClient = (data, link) => {
        const text = data.toString();
        const isLost = lost < 3 && text.includes('42["message",') && text.includes(`"sender":"${sender}"`);
        if (isLost) lost += 1;
        else link.client.write(data);
      };
      for (const content of times(8, String)) await writer.send(id, content);
      await until(18);
      expect(lost).toBe(3);
      expect(seqsOf(messages)).toEqual(upTo(18));
      expect(reader.connection).toBe('online');
      proxy.refuse();
    },
  );

  test('resumes where it was after a reconnect', async () => {
    const { writer, reader, proxy, id } = await devices();
    const { messages, until } = follow(reader, id, 0);
    for (const round of times(3, (index) => index)) {
      const lost = next(reader, 'connection');
      proxy.refuse();
      await lost;
      await writer.send(id, `missed ${round}`);
      await proxy.accept();
      await reader.send(id, `own ${round}`);
    }
    await until(12);
    expect(seqsOf(messages)).toEqual(upTo(12));
    expect(messages).toEqual(await wholeHistory(reader, id));
  });

  test('delivers the own messages of its client in order', async () => {
    const { writer, reader, id } = await devices();
    const both = [writer, reader];
    const seen = both.map((client) => follow(client, id, 0));
    await Promise.all(times(20, (index) => both[index % 2]?.send(id, `${index}`)));
    for (const { messages, until } of seen) {
      await until(40);
      expect(seqsOf(messages)).toEqual(upTo(40));
    }
  });

  test('ends when its session is deleted, also while disconnected', async () => {
    const { writer, reader, proxy, id } = await devices();
    const [near, far] = [follow(writer, id, 0), follow(reader, id, 0)];
    await writer.send(id, 'last');
    await Promise.all([near.until(2), far.until(2)]);
    const lost = next(reader, 'connection');
    proxy.refuse();
    await lost;
    const told = next(writer, 'session', ({ type }) => type === 'deleted');
    await writer.sessions.delete(id);
    expect((await told).session.id).toBe(id);
    expect(await near.ended).toMatchObject({ code: 'NOT_FOUND' });
    await proxy.accept();
    expect(await far.ended).toMatchObject({ code: 'NOT_FOUND' });
    expect((await reader.sessions.list()).sessions).toEqual([]);
  });

  test('does not recreate its deleted session to fill a gap', async () => {
    const { writer, reader, proxy, id } = await devices();
    const far = follow(reader, id, 0);
    await writer.send(id, 'first');
    await far.until(2);
    const held: (() => void)[] = [];
    const isAsking = new Promise<void>((resolve) => {
      proxy.interference.toServer = (data, link) => {
        held.push(() => link.server.write(data));
        resolve();
      };
    });
    proxy.interference.toClient = (data, link) => {
      const isLost = data.includes('"seq":3,') || data.includes('["session",');
      if (!isLost) link.client.write(data);
    };
    await writer.send(id, 'lost');
    await writer.send(id, 'early');
    await isAsking;
    await writer.sessions.delete(id);
    delete proxy.interference.toServer;
    for (const release of held) release();
    expect(await far.ended).toMatchObject({ code: 'NOT_FOUND' });
    expect((await writer.sessions.list()).sessions).toEqual([]);
  });

  /** A reader that has delivered the two messages of a session, and has no connection now. */
  async function disconnectedReader() {
    const setup = await devices();
    const { writer, reader, proxy, id } = setup;
    const far = follow(reader, id, 0);
    await writer.send(id, 'old');
    await far.until(2);
    const lost = next(reader, 'connection');
    proxy.refuse();
    await lost;
    /** Puts another session, with more messages, in the place of this one. */
    const replace = async () => {
      await writer.sessions.delete(id);
      await writer.sessions.create({ id });
      for (const content of times(3, String)) await writer.send(id, content);
    };
    return { ...setup, far, replace };
  }

  test('ends when another session has got its id meanwhile, which gets and delivers nothing of it', async () => {
    const { writer, reader, proxy, id, far, replace } = await disconnectedReader();
    const refused = expect(reader.send(id, 'for the old one')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await replace();
    await proxy.accept();
    expect(await Promise.race([far.ended, far.until(3)])).toMatchObject({ code: 'NOT_FOUND' });
    expect(contentsOf(far.messages)).toEqual(['old', 'old']);
    await refused;
    expect(seqsOf(await wholeHistory(writer, id))).toEqual(upTo(6));
  });

  test('ends when another session gets its id after it was looked up and before it is joined', async () => {
    const { proxy, id, far, replace } = await disconnectedReader();
    const join = holdJoin(proxy, id);
    // The reader is not told of the deletion.
    proxy.interference.toClient = (data, link) => {
      if (!data.includes('["session",')) link.client.write(data);
    };
    await proxy.accept();
    await join.reached;
    await replace();
    join.release();
    expect(await Promise.race([far.ended, far.until(3)])).toMatchObject({ code: 'NOT_FOUND' });
    expect(contentsOf(far.messages)).toEqual(['old', 'old']);
  });

  test('does not create a session from an unknown id', async () => {
    const client = await signedUp({ url: server.url });
    expect(await follow(client, randomUUID()).ended).toMatchObject({ code: 'NOT_FOUND' });
    expect(await follow(client, 'nonsense').ended).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect((await client.sessions.list()).sessions).toEqual([]);
  });

  test('delivers nothing after it is closed', async () => {
    const { writer, reader, id } = await devices();
    const [closed, open] = [follow(reader, id, 0), follow(reader, id, 0)];
    await writer.send(id, 'heard');
    await Promise.all([closed.until(2), open.until(2)]);
    closed.subscription.close();
    await writer.send(id, 'not heard');
    await open.until(4);
    expect(seqsOf(closed.messages)).toEqual(upTo(2));
  });

  test('reports sessions that are created, named, active and renamed', async () => {
    const { writer, reader } = await devices();
    const id = randomUUID();
    const events = [writer, reader].map((client) => {
      const seen: string[] = [];
      client.on('session', ({ type, session }) => {
        if (session.id === id) seen.push(`${type} ${session.name}`);
      });
      return seen;
    });
    const made = [writer, reader].map((client) =>
      next(client, 'session', ({ session }) => session.id === id),
    );
    await writer.sessions.create({ id });
    await Promise.all(made);
    const named = [writer, reader].map((client) =>
      next(client, 'session', ({ session }) => session.name === 'First words'),
    );
    await writer.send(id, 'First words');
    await Promise.all(named);
    const renamed = [writer, reader].map((client) =>
      next(client, 'session', ({ session }) => session.name === 'New'),
    );
    await reader.sessions.rename(id, 'New');
    await Promise.all(renamed);
    const active = 'active First words';
    expect(events).toEqual([
      ['created null', active, 'renamed New'],
      ['created null', 'renamed First words', active, 'renamed New'],
    ]);
  });
});
