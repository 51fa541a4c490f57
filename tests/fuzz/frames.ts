import { frameMistake } from '../support/documents/events';
import { excerpt, Fault } from './fault';
import { checkForLeaks } from './leaks';
import { checkFieldErrors, checkKeys, codeIn, expected, isText, parseJson, propertiesOf } from './shape';

const FAILURE_KEYS = ['code', 'message'];
const OPTIONAL_KEYS = ['errors', 'retryAfterMs'];
const EVENTS = ['message', 'session', 'token-expiring', 'error'];

/** A fault if a frame is none that the server may send. */
export function checkFrame(frame: string, secret: string): void {
  checkForLeaks(frame, secret);
  const kind = frame.slice(0, 2);
  if (kind === '42') checkEvent(frame.slice(2));
  else if (kind === '43') checkAck(frame);
  else if (kind === '44') checkRefusal(frame);
  const mistake = frameMistake(frame);
  if (mistake !== null) throw new Fault('wrongAnswer', mistake);
}

/** The id is written as JavaScript writes numbers. */
function checkAck(frame: string): void {
  const json = /^43[\d.e+]+(\[.*\])$/s.exec(frame)?.[1];
  const [argument, ...more]: unknown[] = json === undefined ? [] : [parseJson(json)].flat();
  if (argument === undefined || more.length > 0) expected('one argument of an ack', frame);
  const answer = propertiesOf(argument);
  if (answer.ok === true) return;
  checkKeys(answer, ['ok', 'error'], []);
  if (answer.ok !== false) expected('ok to be true or false', answer);
  checkFailure(answer.error);
}

function checkEvent(json: string): void {
  const [name, payload, offset, ...more]: unknown[] = [parseJson(json)].flat();
  // Where a lost connection could be recovered from, which Socket.IO adds.
  const isOffset = offset === undefined || typeof offset === 'string';
  const isKnown = typeof name === 'string' && EVENTS.includes(name);
  if (!isKnown || !isOffset || more.length > 0) expected('an event', json);
  if (name === 'error') checkFailure(payload, ['event'], ['clientMessageId']);
  else propertiesOf(payload);
}

function checkFailure(
  failure: unknown,
  keys: readonly string[] = [],
  optional: readonly string[] = [],
): void {
  const properties = propertiesOf(failure);
  checkKeys(properties, [...FAILURE_KEYS, ...keys], [...OPTIONAL_KEYS, ...optional]);
  const code = codeIn(properties.code);
  if (code === 'INTERNAL' || code === 'UNAVAILABLE')
    throw new Fault('serverError', excerpt(JSON.stringify(failure)));
  if (!isText(properties.message)) expected('a message', failure);
  checkFieldErrors(properties.errors);
}

/** A namespace that isn't there is refused by Socket.IO itself, without a code. */
function checkRefusal(frame: string): void {
  const refusal = propertiesOf(parseJson(frame.slice(frame.indexOf('{'))));
  if (frame.startsWith('44/')) return;
  checkKeys(refusal, ['message', 'data'], []);
  const { code } = propertiesOf(refusal.data);
  if (codeIn(code) === 'INTERNAL') throw new Fault('serverError', frame);
}
