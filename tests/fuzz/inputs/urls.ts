import { METHODS } from 'node:http';
import fc from 'fast-check';
import { authorization, strangeHeaders } from './headers';
import type { HttpInput } from './input';
import { PATHS } from './routes';

const SEGMENTS = [
  'api',
  'auth',
  'me',
  'logins',
  'sessions',
  'messages',
  'healthz',
  'socket.io',
  '~session~',
  '~victimSession~',
  '~uuid~',
  '..',
  '.',
  '',
  '%2e%2e',
  '%2F',
  '%00',
  '%',
  '%zz',
  '%E0%A4%A',
  '%ED%A0%80',
  '%u2603',
  '*',
  ';a=b',
  '__proto__',
  'constructor',
  '~long:3000~',
];
const KEYS = [
  'limit',
  'cursor',
  'before',
  'after',
  'limit[]',
  'limit[$ne]',
  'after[a][b]',
  '__proto__',
  '',
  'x',
];
const VALUES = [
  '',
  '0',
  '1',
  '-1',
  '5',
  '1.5',
  '1e3',
  '0x10',
  '007',
  '101',
  '9007199254740993',
  'NaN',
  '%',
  '%00',
  '[]',
];

/** What a request line may carry as it is; the sign of a word stays out. */
const wild = fc.stringMatching(/^[!$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z{|}^\\"<>`]{0,30}$/);
const encoded = fc.string({ unit: 'binary', maxLength: 10 }).map(encodeURIComponent);

const segment = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...SEGMENTS) },
  { weight: 1, arbitrary: encoded },
  { weight: 1, arbitrary: wild },
);
const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PATHS) },
  { weight: 3, arbitrary: fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`) },
  { weight: 1, arbitrary: wild.map((text) => `/${text}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('*', '//', 'http://evil.example/api/sessions', '/?/', '/socket.io/?EIO=4'),
  },
);
const pair = fc
  .tuple(fc.constantFrom(...KEYS), fc.oneof(fc.constantFrom(...VALUES), encoded, wild))
  .map(([key, value]) => `${key}=${value}`);
const query = fc.oneof(
  fc.constant(''),
  fc.array(pair, { minLength: 1, maxLength: 4 }).map((pairs) => `?${pairs.join('&')}`),
  fc.nat(1200).map((count) => `?${'a&'.repeat(count)}`),
);

/** CONNECT asks for a tunnel, which no server of this kind opens. */
const methods = METHODS.filter((method) => method !== 'CONNECT');
const method = fc.oneof(
  { weight: 6, arbitrary: fc.constant('GET') },
  { weight: 3, arbitrary: fc.constantFrom('HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH') },
  { weight: 1, arbitrary: fc.constantFrom(...methods) },
);

/** Any method on any path with any query. */
export const urlInput: fc.Arbitrary<HttpInput> = fc
  .record({ method, path, query, login: authorization(20), strange: strangeHeaders })
  .map(({ login, strange, ...input }) => ({
    kind: 'url',
    method: input.method,
    path: input.path + input.query,
    headers: { ...login, ...strange },
    body: null,
  }));
