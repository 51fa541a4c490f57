import fc from 'fast-check';
import { wrongToken } from './headers';
import type { EventInput } from './input';
import { anyText, hostileValue, nearly } from './values';

type Arguments = readonly unknown[];

const message = { sessionId: '~session~', content: 'A message', clientMessageId: '~uuid~' };
const target = { sessionId: '~session~', after: 0 };
const sessionId = fc.oneof(
  fc.constantFrom('~session~', '~uuid~', '~victimSession~', '~otherSession~'),
  hostileValue,
);
const token = fc.oneof(fc.constant('~token~'), wrongToken, hostileValue);

/** Names that mean something to Socket.IO, to Node's event emitter, to objects, or to nobody. */
const STRANGE_NAMES: readonly (string | number)[] = [
  'error',
  'connection',
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'message ',
  'MESSAGE',
  'join_session',
  '',
  0,
  -1,
  1e308,
];

/** None, one as clients count them, and some that no client counts to. */
const ack = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 6, arbitrary: fc.nat(1000).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('0', '00012', '4294967296', '9007199254740993', '99999999999999999999999'),
  },
);

const named: fc.Arbitrary<readonly [string | number, Arguments]> = fc.oneof(
  { weight: 8, arbitrary: event('message', nearly(message)) },
  { weight: 4, arbitrary: event('join-session', fc.oneof(sessionId, nearly(target))) },
  { weight: 3, arbitrary: event('leave-session', sessionId) },
  { weight: 2, arbitrary: event('authenticate', token) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...STRANGE_NAMES), anyArguments()) },
  { weight: 1, arbitrary: fc.tuple(anyText, anyArguments()) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constantFrom('message', 'join-session', 'leave-session', 'authenticate'),
      anyArguments(),
    ),
  },
);

/** A well-formed event, whatever it says. */
export const eventInput: fc.Arbitrary<EventInput> = fc
  .record({ named, ack })
  .map(({ named: [name, args], ack: id }) => ({ kind: 'event', name, args, ack: id }));

function event(name: string, payload: fc.Arbitrary<unknown>): fc.Arbitrary<readonly [string, Arguments]> {
  const more = fc.oneof({ weight: 8, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: anyArguments() });
  return fc.tuple(payload, more).map(([first, rest]) => [name, [first, ...rest]] as const);
}

function anyArguments(): fc.Arbitrary<Arguments> {
  return fc.array(hostileValue, { maxLength: 3 });
}
