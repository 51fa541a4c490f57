import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { createConnection } from 'mongoose';
import { CONNECT_OPTIONS, HeartbeatWatch } from '../../src/stores/mongo/store';
import { TcpProxy } from '../../testkit/tcpProxy';
import { pollUntil } from '../../testkit/waiting';
import { describeWithMongo } from '../support/describeWithMongo';
import { mongoUrlForTest } from '../support/testMongo';

const SOCKETS = 'net.client.socket';
const CHECK_MS = 50;
/** The driver sends heartbeats at least this long apart, in milliseconds. */
const MIN_HEARTBEAT_MS = 500;

describeWithMongo('MongoDB heartbeat', () => {
  test('a heartbeat on a socket that was just closed makes the driver connect again, and calls succeed', async () => {
    const sockets: Socket[] = [];
    const add = (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('socket' in message)) return;
      if (message.socket instanceof Socket) sockets.push(message.socket);
    };
    const url = new URL(mongoUrlForTest() ?? '');
    const proxy = await TcpProxy.to(url.href);
    url.host = proxy.host;
    url.searchParams.set('directConnection', 'true');
    subscribe(SOCKETS, add);
    const connection = createConnection(url.href, CONNECT_OPTIONS);
    try {
      await connection.asPromise();
      const client = connection.getClient();
      const watch = new HeartbeatWatch(client, CHECK_MS);
      const results: string[] = [];
      client.on('serverHeartbeatSucceeded', () => results.push('succeeded'));
      client.on('serverHeartbeatFailed', () => results.push('failed'));
      await once(client, 'serverHeartbeatSucceeded');
      const due = performance.now() + MIN_HEARTBEAT_MS;
      await pollUntil(
        () => client.db().command({ ping: 1 }),
        () => performance.now() > due,
      );

      const reopened = once(client, 'topologyOpening');
      proxy.hold();
      const written = () => sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
      const before = written();
      // The driver tries it again, so it waits for a heartbeat.
      const lost = connection.collection('any').findOne({});
      lost.catch(() => {});
      while (written() === before) await turn();
      results.length = 0;
      const ofDriver = sockets.filter(({ remotePort }) => String(remotePort) === url.port);
      // The monitoring connection is the oldest. Node.js reports it last, so the loss of another one starts a heartbeat on it before.
      for (const socket of ofDriver) socket.destroy();
      proxy.release();
      await reopened;
      expect(results).toEqual([]);
      await once(client, 'serverHeartbeatSucceeded');
      expect(await client.db().command({ ping: 1 })).toMatchObject({ ok: 1 });
      await connection.collection('any').insertOne({ isStored: true });
      watch.stop();
    } finally {
      unsubscribe(SOCKETS, add);
      await connection.destroy();
      proxy.refuse();
    }
  });
});
