import { codeOf, seenEvents } from './seen';
import { asyncApi, mistakeIn } from './validation';
import { report } from './violations';

const MESSAGES = asyncApi.components.messages;
const ACKS = Object.keys(MESSAGES).filter((key) => key.endsWith('-ack'));

/** Reports what in an event of the server is not as its document says. */
export function holdEvent(name: string, args: readonly unknown[]): void {
  report(eventMistake(name, args));
}

/** Reports what in the ack of an event is not documented. */
export function holdAck(event: string, args: readonly unknown[]): void {
  report(ackMistake(event, args));
}

/** What in an event of the server is not documented: each has exactly one argument. */
export function eventMistake(name: string, args: readonly unknown[]): string | null {
  return messageMistake(`server-${name}`, args);
}

/** What in the ack of an event is not documented. An event that nobody knows is answered as a wrong one. */
export function ackMistake(event: string, args: readonly unknown[]): string | null {
  const key = `${event}-ack`;
  return messageMistake(key in MESSAGES ? key : 'leave-session-ack', args);
}

/** Reports what in a frame of Socket.IO's protocol is not documented; whose ack it is a frame doesn't say. */
export function holdFrame(frame: string): void {
  report(frameMistake(frame));
}

export function frameMistake(frame: string): string | null {
  const [, type, json] = /^4([234])\d*([[{].*)$/s.exec(frame) ?? [];
  if (type === undefined || json === undefined) return null;
  const value: unknown = JSON.parse(json);
  if (type === '4') return refusalMistake(value);
  if (!Array.isArray(value)) return `a frame without a list: ${frame}`;
  if (type === '2') return eventMistake(String(value[0]), value.slice(1));
  const mistakes = ACKS.map((key) => messageMistake(key, value));
  return mistakes.includes(null) ? null : mistakes.join('\n');
}

/** A refusal without data is of the transport, or of Socket.IO itself. */
function refusalMistake(value: unknown): string | null {
  const hasData = typeof value === 'object' && value !== null && 'data' in value;
  return hasData ? eventMistake('connect_error', [value]) : null;
}

function messageMistake(key: string, args: readonly unknown[]): string | null {
  if (!(key in MESSAGES)) return `${key} is not documented: ${JSON.stringify(args)}`;
  if (args.length !== 1) return `${key} has ${args.length} values instead of one: ${JSON.stringify(args)}`;
  const mistake = mistakeIn(args[0], 'asyncApi', 'components', 'messages', key, 'payload');
  if (mistake !== null) return `${key}: ${mistake}`;
  seenEvents.add(`${key} ${codeOf(JSON.stringify(args[0]) ?? '')}`.trimEnd());
  return null;
}
