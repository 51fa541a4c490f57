import fc from 'fast-check';

/**
 * Values that have broken servers before. None has a text in it that the check for leaks looks for: it would find what was
 * sent. Long and deep ones are words, so that a counterexample can be read.
 */
const NOTORIOUS: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2 ** 53,
  2 ** 31,
  2 ** 64,
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udc00y',
  '\ufeff',
  '\u202e',
  '👩‍👩‍👧‍👦',
  '\r\nX-Injected: yes',
  "' OR 1=1 --",
  '"; DROP TABLE users; --',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '%00',
  'null',
  'undefined',
  'NaN',
  '__proto__',
  'constructor',
  'toString',
  '~uuid~',
  '~victimSession~',
  '~otherSession~',
  '~victimEmail~',
  '~long:129~',
  '~long:255~',
  '~long:16384~',
  '~long:16385~',
  '~deep:50~',
  '~deep:8000~',
  [],
  [[]],
  [null],
  {},
  { $ne: null },
  { $gt: '' },
  { $where: 'sleep(1000)' },
  { $regex: '(a+)+$' },
  { toString: 'x' },
  { valueOf: null, toString: null },
  { length: 1e9 },
  { toJSON: 'x' },
  { _placeholder: true, num: 0 },
  { type: 'Buffer', data: [1, 2, 3] },
  JSON.parse('{"then":"x"}'),
  JSON.parse('{"__proto__":{"admin":true}}'),
  JSON.parse('{"constructor":{"prototype":{"admin":true}}}'),
];

/** Texts of any code units: halves of surrogate pairs too. */
const anyCodeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
  .map((units) => String.fromCharCode(...units));

export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  anyCodeUnits,
);

/** A value where another one belongs. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NOTORIOUS) },
  { weight: 2, arbitrary: anyText },
  { weight: 1, arbitrary: fc.oneof(fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true })) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...NOTORIOUS).map((value) => ({ $in: [value], nested: { value } })),
  },
);

const STRANGE_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  '$where',
  'id',
  'userId',
  'seq',
  'sender',
  'toJSON',
  '',
];

type Fields = Readonly<Record<string, unknown>>;

/** A body as it should be, or nearly: one field replaced, missing or too many, or something else altogether. */
export function nearly(right: Fields): fc.Arbitrary<unknown> {
  const keys = Object.keys(right);
  if (keys.length === 0) return hostileValue;
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(right) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...keys), hostileValue)
        .map(([key, value]): unknown => ({ ...right, [key]: value })),
    },
    { weight: 1, arbitrary: fc.constantFrom(...keys).map((key): unknown => without(right, key)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...STRANGE_KEYS), hostileValue)
        // A computed key makes a property of its own even of `__proto__`.
        .map(([key, value]): unknown => ({ ...right, [key]: value })),
    },
    { weight: 1, arbitrary: hostileValue },
  );
}

function without(fields: Fields, missing: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== missing));
}
