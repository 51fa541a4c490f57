import type { SendPayload } from '../../../src/domain/events';
import type { Message } from '../../../src/domain/message';
import { failureIn } from '../../support/socketCalls';
import { PLAIN, type Result } from './deed';
import type { Deed, Device } from './device';
import type { World } from './world';

type Over = 'ack' | 'no ack' | 'REST';

/** Sends a message; one whose answer is lost is repeated over REST, as a client does that wants to know. */
export async function sendOver(
  world: World,
  device: Device,
  session: number,
  over: Over,
  key: number | null,
): Promise<Deed> {
  const payload = payloadOf(world, device, session, key);
  if (over === 'REST' || !device.isOnline) {
    const deed = { ...PLAIN, device, session, creates: true };
    return { ...deed, result: await sendOverRest(device, payload, false) };
  }
  const withoutAck = over === 'no ack';
  const deed = { ...PLAIN, device, session, creates: true, joins: true, withoutAck };
  if (withoutAck) device.sendWithoutAck(payload);
  const answer = await device.send(payload);
  if (!answer) return { ...deed, lost: true, result: await sendOverRest(device, payload, true) };
  if (!answer.ok) {
    expect(failureIn(answer).code).toBe('NOT_FOUND');
    return { ...deed, result: { what: 'refused' } };
  }
  const { message, duplicate = false } = answer;
  const own = !duplicate || (withoutAck && key === null);
  return {
    ...deed,
    result: { what: 'sent', message, duplicate, repeated: withoutAck, own, ...contentOf(payload) },
  };
}

/** Sends each message when the one before is acknowledged, until the connection is lost. */
export async function sendSeries(
  world: World,
  device: Device,
  session: number,
  count: number,
): Promise<Deed[]> {
  const deeds: Deed[] = [];
  for (let isOnline = true; isOnline && deeds.length < count; ) {
    const deed = await sendOver(world, device, session, 'ack', null);
    deeds.push(deed);
    isOnline = deed.joins && !deed.lost;
  }
  return deeds;
}

/** What the socket sends has an id in any case, so that it can be repeated. */
function payloadOf(world: World, device: Device, session: number, key: number | null): SendPayload {
  const serial = world.nextSerial();
  return {
    sessionId: world.sessionId(session),
    content: `user ${device.account.user}: ${serial}`,
    clientMessageId: key === null ? `once ${serial}` : `key ${key}`,
  };
}

async function sendOverRest(device: Device, payload: SendPayload, repeated: boolean): Promise<Result> {
  const { sessionId, ...input } = payload;
  const path = `/${sessionId}/messages`;
  const answer = await device.account.rest.call<{ message: Message; reply: Message }>('POST', path, input);
  if (!answer) return { what: 'refused' };
  const duplicate = answer.status === 200;
  return { what: 'sent', ...answer.body, duplicate, repeated, own: false, ...contentOf(payload) };
}

function contentOf({ content, clientMessageId }: SendPayload) {
  return { content, clientMessageId };
}
