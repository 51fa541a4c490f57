import { Server } from 'socket.io';
import type { ChatServer } from '../../src/sockets/chatServer';
import { Recoveries } from '../../src/sockets/recoveries';

/** Twice what the log may keep. */
const MESSAGES = 256;
const CONTENT = 'x'.repeat(1_024);

test('what Socket.IO keeps for recoveries is bounded, and the newest stays', () => {
  const io: ChatServer = new Server({
    connectionStateRecovery: { maxDisconnectionDuration: 30_000, skipMiddlewares: false },
  });
  new Recoveries(io);
  for (let seq = 1; seq <= MESSAGES; seq += 1) {
    const message = { messageId: String(seq), sessionId: 's', seq, sender: 'server', timestamp: '' } as const;
    io.to('room').emit('message', { ...message, content: CONTENT });
  }
  const packets: { data: [string, { seq: number }] }[] = Reflect.get(io.sockets.adapter, 'packets');
  expect(packets.length).toBeGreaterThan(25);
  expect(packets.length * CONTENT.length).toBeLessThanOrEqual(128 * 1024);
  expect(packets.at(-1)?.data[1].seq).toBe(MESSAGES);
});
