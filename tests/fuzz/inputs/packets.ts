import fc from 'fast-check';
import { wrongToken } from './headers';
import type { HandshakeInput, PacketsInput, PollingInput } from './input';
import { anyText, hostileValue } from './values';

type Frame = string | Uint8Array;

const PLACEHOLDER = { _placeholder: true, num: 0 };
const bytes = fc.uint8Array({ maxLength: 32 });
const json = hostileValue.map((value) => JSON.stringify(value));

/** Packets that are odd, and what may follow them. */
const known = fc.constantFrom<Frame>(
  '',
  '0',
  '0{"sid":"x"}',
  '1',
  '2',
  '2probe',
  '3',
  '3probe',
  '4',
  '5',
  '6',
  '7',
  'b',
  'bAAAA',
  '40',
  '40{}',
  '40/admin,{}',
  '40/,',
  '41',
  '41/admin,',
  '41{}',
  '42',
  '42[]',
  '42{',
  '42"message"',
  '42[null]',
  '42[["message"]]',
  '42[{"toString":1}]',
  '42/admin,["message"]',
  '42/,["leave-session","~session~"]',
  '4277777777777777777777["leave-session","~session~"]',
  '43',
  '437[1]',
  '43-1[]',
  '431e5[{"ok":true}]',
  '44{"message":"x"}',
  '46',
  '461-7[{"_placeholder":true,"num":0}]',
  '47',
  '49',
  '42["message","~long:65536~"]',
  '42["message","~long:1000000~"]',
  '42["message","~deep:30000~"]',
  '40"~deep:30000~"',
);

const event = fc
  .tuple(fc.constantFrom('message', 'join-session', 'leave-session', 'authenticate', 'x', 'disconnect'), json)
  .map(([name, payload]) => `42["${name}",${payload}]`);

/** Placeholders for bytes: as many as announced or not, in and out of range, in every place. */
const announced = fc
  .record({
    type: fc.constantFrom('45', '46'),
    count: fc.oneof(fc.nat(4).map(String), fc.constantFrom('', '-1', '1e3', '0x2', '99999999', 'x', ' 1')),
    num: fc.oneof(fc.integer({ min: -2, max: 4 }), fc.constantFrom('0', '__proto__', 1.5, null, 1e9)),
    id: fc.constantFrom('', '7', '0'),
    place: fc.constantFrom<(value: unknown) => unknown>(
      (value) => value,
      (value) => ({ sessionId: '~session~', content: value }),
      (value) => ({ sessionId: value, content: 'x' }),
      (value) => [value, PLACEHOLDER, { a: { b: [value] } }],
    ),
  })
  .map(({ type, count, num, id, place }) => {
    const data = JSON.stringify(['message', place({ ...PLACEHOLDER, num })]);
    return `${type}${count}-${id}${data}`;
  });
const withBytes = fc
  .tuple(announced, fc.array(bytes, { maxLength: 3 }))
  .map(([frame, rest]) => [frame, ...rest]);

const acked = fc.tuple(fc.constantFrom('43', '46', '461-'), fc.nat(9), json).map((parts) => parts.join(''));
const frame: fc.Arbitrary<Frame> = fc.oneof(known, known, event, acked, anyText, bytes);

/** Frames of a socket that is logged in. */
export const packetsInput: fc.Arbitrary<PacketsInput> = fc
  .oneof(
    { weight: 2, arbitrary: fc.array(frame, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: withBytes },
  )
  .map((frames) => ({ kind: 'packets', frames }));

const auth = fc.oneof(
  fc.constant({ token: '~token~' }),
  wrongToken.map((token) => ({ token })),
  hostileValue.map((token) => ({ token })),
  hostileValue,
  // What would recover a lost connection, were it known.
  hostileValue.map((pid) => ({ token: '~token~', pid, offset: pid })),
  fc.constantFrom(
    { pid: '~uuid~', offset: 'x', token: '~token~' },
    { pid: '__proto__', offset: '', token: '~token~' },
  ),
);

/** A connection from its first request on. */
export const handshakeInput: fc.Arbitrary<HandshakeInput> = fc
  .record({
    query: fc.oneof(
      { weight: 8, arbitrary: fc.constant('EIO=4&transport=websocket') },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '',
          'EIO=3&transport=websocket',
          'EIO=4',
          'EIO=4&transport=polling',
          'EIO=4&transport=__proto__',
          'EIO=4&EIO=3&transport=websocket&transport=polling',
          'EIO=4&transport=websocket&sid=~uuid~',
          'EIO=4&transport=websocket&sid=__proto__',
          'EIO=4&transport=websocket&sid=a&sid=b',
          'EIO=%&transport=%00',
        ),
      },
    ),
    headers: fc.oneof(
      { weight: 6, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc.constantFrom<Record<string, string>>(
          { Authorization: 'Bearer ~token~' },
          { Authorization: 'Bearer ~unsignedVictim~' },
          { Authorization: 'Basic x' },
          { Origin: 'http://evil.example' },
          { Origin: 'not an origin' },
          { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=99' },
        ),
      },
    ),
    frame: fc.oneof(
      { weight: 3, arbitrary: auth.map((value) => `40${JSON.stringify(value)}`) },
      { weight: 1, arbitrary: known.filter((value) => typeof value === 'string') },
      { weight: 1, arbitrary: anyText },
    ),
  })
  .map((input) => ({ kind: 'handshake', ...input }));

/** Packets in the body of a request: several are divided by U+001E. */
export const pollingInput: fc.Arbitrary<PollingInput> = fc
  .array(
    fc.oneof(
      known.map(String),
      event,
      auth.map((value) => `40${JSON.stringify(value)}`),
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((packets) => ({ kind: 'polling', payload: packets.join('\x1e') }));
