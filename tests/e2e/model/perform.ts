import type { Joined, JoinTarget } from '../../../src/domain/events';
import type { Message } from '../../../src/domain/message';
import type { Session } from '../../../src/domain/session';
import { times } from '../../../testkit/builders';
import { failureIn } from '../../support/socketCalls';
import { PLAIN, type Result } from './deed';
import type { Deed, Device } from './device';
import { sendOver, sendSeries } from './send';
import type { Step } from './steps';
import type { World } from './world';

type SimpleStep = Extract<Step, { do: 'leave' | 'read' | 'rename' | 'delete' }>;

const REFUSED: Result = { what: 'refused' };

/** Does a step, beginning at once, and tells what came of it. A device that is offline does what it can over REST. */
export async function perform(world: World, step: Step): Promise<Deed[]> {
  const device = world.device(step.device);
  switch (step.do) {
    case 'connect':
      return device.isOnline || device.isConnecting ? [] : connect(world, device, step.afresh);
    case 'cut':
      if (device.isOnline) await device.cut();
      return [];
    case 'send':
      return [await sendOver(world, device, step.session, step.over, step.key)];
    case 'burst':
      return Promise.all(times(step.count, () => sendOver(world, device, step.session, 'ack', null)));
    case 'series':
      return sendSeries(world, device, step.session, step.count);
    case 'join':
      if (!device.isOnline) return [];
      return [await join(world, device, step.session, afterOf(device, step.session, step.after))];
    default: {
      const result = await simply(world, device, step);
      return result ? [{ ...PLAIN, device, session: step.session, result }] : [];
    }
  }
}

/** Null if the device can't do it now. */
async function simply(world: World, device: Device, step: SimpleStep): Promise<Result | null> {
  const { rest } = device.account;
  const id = world.sessionId(step.session);
  switch (step.do) {
    case 'leave':
      return device.isOnline ? leave(device, id) : null;
    case 'read': {
      const messages = await rest.history(id, step.limit, step.forward);
      return messages ? { what: 'read', messages } : REFUSED;
    }
    case 'rename': {
      const name = `name ${world.nextSerial()}`;
      const renamed = await rest.call<Session>('PATCH', `/${id}`, { name });
      return renamed ? { what: 'renamed', name } : REFUSED;
    }
    case 'delete':
      return (await rest.call('DELETE', `/${id}`)) ? { what: 'deleted' } : REFUSED;
  }
}

/** Connects again and, like every client that isn't recovered, resumes the sessions it was in. */
export async function connect(world: World, device: Device, afresh: boolean): Promise<Deed[]> {
  const wanted = device.hearings.flatMap(({ state }, session) => (state === 'out' ? [] : [session]));
  if (await device.connect(afresh)) return [];
  const result: Result = { what: 'connected' };
  const connected: Deed = { ...PLAIN, device, session: null, result };
  const resume = (session: number) => join(world, device, session, afterOf(device, session, 'last seen'));
  return [connected, ...(await Promise.all(wanted.map(resume)))];
}

async function leave(device: Device, id: string): Promise<Result> {
  const answer = await device.leave(id);
  if (answer) expect(answer).toEqual({ ok: true });
  return { what: answer ? 'left' : 'leaving lost' };
}

function afterOf(device: Device, session: number, after: 'nothing' | 'start' | 'last seen'): number | null {
  if (after === 'nothing') return null;
  const hearing = device.hearings[session];
  return after === 'last seen' && hearing?.state === 'in' ? hearing.complete : 0;
}

/** Joins, and reads on until there is no more. */
async function join(world: World, device: Device, session: number, after: number | null): Promise<Deed> {
  const id = world.sessionId(session);
  const deed = { ...PLAIN, device, session, creates: true, joins: true };
  const messages: Message[] = [];
  let first: Joined | undefined;
  for (let hasMore: boolean | undefined = true; hasMore; ) {
    const target: JoinTarget = { sessionId: id };
    if (after !== null) target.after = messages.at(-1)?.seq ?? after;
    const answer = await device.join(target);
    if (!answer) return { ...deed, lost: true, result: await open(device, id) };
    if (!answer.ok) {
      expect(failureIn(answer).code).toBe('NOT_FOUND');
      return { ...deed, result: { what: 'refused' } };
    }
    first ??= answer;
    messages.push(...(answer.messages ?? []));
    hasMore = answer.hasMore;
  }
  return { ...deed, result: { what: 'joined', after, lastSeq: first?.session.lastSeq ?? 0, messages } };
}

/** Makes sure that the session is there, as the join whose answer was lost may have done. */
async function open(device: Device, id: string): Promise<Result> {
  const opened = await device.account.rest.call<Session>('POST', '', { id });
  return { what: opened ? 'opened' : 'refused' };
}
