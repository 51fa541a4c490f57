import { randomUUID } from 'node:crypto';
import type { Responder } from '../../src/responders/responder';
import { deferred } from '../../testkit/waiting';
import { api, signUp } from '../support/client';
import { frameMistake } from '../support/documents/events';
import { asyncApi } from '../support/documents/validation';
import { connectRaw } from '../support/rawConnection';
import { startTestServer } from '../support/testServer';

test('a frame with more than the documented argument is a mistake', () => {
  expect(frameMistake('42["session",{"type":"list"},"offset"]')).not.toBeNull();
  expect(frameMistake('430[{"ok":true},null]')).not.toBeNull();
});

/** The key of the event in a frame, if it is one. Expects the whole frame to be as documented, or as the protocol of Socket.IO says. */
function eventIn(frame: string): string[] {
  const [, type, json = ''] = /^(0|40|42|43)\d*([[{].*)$/s.exec(frame) ?? [];
  expect([frame, type]).toEqual([frame, expect.stringMatching(/^(0|40|42|43)$/)]);
  const value = JSON.parse(json);
  if (type === '0' || type === '40') {
    const handshake = ['sid', 'upgrades', 'pingInterval', 'pingTimeout', 'maxPayload'];
    expect(Object.keys(value)).toEqual(type === '0' ? handshake : ['sid']);
    return [];
  }
  expect(value).toHaveLength(type === '42' ? 2 : 1);
  expect(frameMistake(frame)).toBeNull();
  return type === '42' ? [`server-${value[0]}`] : [];
}

test('clients of any language get each event and ack with exactly one argument, and no other frames', async () => {
  const isSeen = deferred();
  const responder: Responder = {
    kind: 'streaming',
    async *respond() {
      yield { text: 'Hi' };
      await isSeen.promise;
      yield { finish: 'stop' };
    },
  };
  const server = await startTestServer({ config: { jwtExpiresInMs: 30_000 }, parts: { responder } });
  const { token } = await signUp(server);
  const [sender, other] = [await connectRaw(server, token), await connectRaw(server, token)];
  const sessionId = randomUUID();
  const frame = (id: number | '', event: string, payload: unknown) =>
    `42${id}${JSON.stringify([event, payload])}`;
  other.send(frame(1, 'join-session', { sessionId, after: 0 }));
  await other.frame('431');
  sender.send(frame(1, 'join-session', sessionId));
  sender.send(frame(2, 'message', { sessionId, content: 'Hello', clientMessageId: 'a' }));
  sender.send(frame(3, 'message', { sessionId, content: 'Hello', clientMessageId: 'a' }));
  sender.send(frame(4, 'message', { sessionId, content: ' ' }));
  sender.send(frame('', 'message', { sessionId, content: ' ' }));
  sender.send(frame(5, 'authenticate', token));
  await Promise.all(['435', '42["error"', '42["reply"'].map((start) => sender.frame(start)));
  isSeen.resolve();
  await sender.frame('42["message"');
  sender.send(frame(6, 'leave-session', sessionId));
  await sender.frame('436');
  await api(server, token).delete(`/api/sessions/${sessionId}`).expect(204);
  await Promise.all([sender, other].map((raw) => raw.frame('42["session",{"type":"deleted"')));
  await other.frame('42["token-expiring"');

  const events = [...sender.frames, ...other.frames].flatMap(eventIn);
  const documented = Object.keys(asyncApi.components.messages).filter((key) => /^server-/.test(key));
  // Sent as a frame of its own type, before there is a socket.
  expect([...new Set(events)].sort()).toEqual(
    documented.filter((key) => key !== 'server-connect_error').sort(),
  );
});
