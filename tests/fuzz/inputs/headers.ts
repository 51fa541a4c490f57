import fc from 'fast-check';

type Headers = Readonly<Record<string, string>>;

/** `Authorization` headers that let nobody in, or another one. */
const WRONG_TOKENS = [
  'Bearer ~otherToken~',
  'Bearer ~endedToken~',
  'Bearer ~token~x',
  'Bearer x~token~',
  'Bearer ~token~ ~token~',
  'Bearer ~unsignedVictim~',
  'Bearer ~resignedVictim~',
  'Bearer ~swappedVictim~',
  'Bearer ~refreshToken~',
  'Bearer ~long:4000~',
  'Bearer null',
  'Bearer',
  'Bearer ..',
  'bearer ~token~',
  'Basic ~token~',
  'Basic dXNlcjpwYXNz',
  '~token~',
];

/** Mostly none: what keeps nothing from being answered would keep the rest from being reached. */
const STRANGE_HEADERS: readonly Headers[] = [
  { Accept: 'text/html' },
  { Accept: 'application/xml;q=0.9, */*;q=0' },
  { 'Accept-Encoding': 'identity;q=0, *;q=0' },
  { 'Accept-Charset': 'utf-7' },
  { 'If-None-Match': '*' },
  { 'If-Modified-Since': 'not a date' },
  { Range: 'bytes=0-,5-,-1' },
  { Cookie: '__proto__=1; token=~token~' },
  { Origin: 'http://evil.example' },
  { Origin: 'http://localhost:3000', 'Access-Control-Request-Method': 'TRACE' },
  { Origin: 'null' },
  { Host: 'evil.example:99999' },
  { Host: '' },
  { 'X-Forwarded-For': '127.0.0.1, ::1, not an address' },
  { 'X-Forwarded-Host': 'evil.example' },
  { Forwarded: 'for="_mystery";proto=ftp' },
  { 'X-HTTP-Method-Override': 'DELETE' },
  { 'User-Agent': '~long:4000~' },
  { 'User-Agent': '' },
  { 'X-Request-Id': '../../x' },
  { ['__proto__']: 'x', constructor: 'y' },
];

const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/).filter(isHarmless);
/** What HTTP allows in a value; without the sign of a word. */
const value = fc.stringMatching(/^[!-}\u0080-\u00ff]([ !-}\u0080-\u00ff]{0,60}[!-}\u0080-\u00ff])?$/);

export const strangeHeaders: fc.Arbitrary<Headers> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.constantFrom(...STRANGE_HEADERS) },
  { weight: 1, arbitrary: fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true }) },
);

/** Who asks; `rightful` is how often it is the one who may. */
export function authorization(rightful: number): fc.Arbitrary<Headers> {
  return fc.oneof(
    { weight: rightful, arbitrary: fc.constant({ Authorization: 'Bearer ~token~' }) },
    { weight: 2, arbitrary: fc.constantFrom(...WRONG_TOKENS).map((Authorization) => ({ Authorization })) },
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: value.map((Authorization) => ({ Authorization })) },
  );
}

export const wrongToken: fc.Arbitrary<string> = fc.constantFrom(
  ...WRONG_TOKENS.map((header) => header.replace(/^\w+ ?(?=~|$)/, '')),
);

export const contentType: fc.Arbitrary<Headers> = fc
  .constantFrom(
    'application/json; charset=utf-8',
    'application/json; charset=utf-16le',
    'application/json; charset=utf-7',
    'application/json; charset=latin1',
    'application/json; charset=',
    'application/json;;;',
    'APPLICATION/JSON',
    'application/vnd.api+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/html; charset=utf-8',
    'application/',
    '/',
    '',
  )
  .map((type) => ({ 'Content-Type': type }));

export const contentEncoding: fc.Arbitrary<Headers> = fc
  .constantFrom('gzip', 'deflate', 'br', 'zstd', 'identity', 'x', 'gzip, gzip', '')
  .map((encoding) => ({ 'Content-Encoding': encoding, 'Content-Type': 'application/json' }));

/** A header that frames the request would make it another one. */
function isHarmless(header: string): boolean {
  const framing = [
    'connection',
    'content-length',
    'expect',
    'host',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ];
  return !framing.includes(header.toLowerCase()) && !header.includes('~');
}
