import Ajv from 'ajv';
import {
  clientMessageId,
  content,
  email,
  type Field,
  newPasswordField,
  optional,
  pageLimit,
  parseFields,
  seq,
  sessionName,
  text,
  username,
  uuid,
} from '../../src/domain/fields';

const newPassword = newPasswordField((password) => password === 'common password');

const FIELDS: readonly (readonly [
  name: string,
  field: Field<unknown>,
  valid: readonly unknown[],
  invalid: readonly unknown[],
])[] = [
  ['text', text, ['', 'x'.repeat(100_000)], [1, null, 'a\0b', 'a\ud83d']],
  ['uuid', uuid, ['e10d87b8-4c1f-4f2a-9d0e-6f1f7c0c3b5a'], ['', 'e10d87b8', 7]],
  ['username', username, ['abc', 'x'.repeat(32)], ['ab', 'x'.repeat(33), 'jöhn']],
  ['email', email, ['john@example.com'], ['', 'john', `${'x'.repeat(250)}@example.com`]],
  [
    'newPassword',
    newPassword,
    ['zq7-kv2x', '🐴'.repeat(128)],
    ['zq7-kv2', '🐴'.repeat(7), 'common password'],
  ],
  ['sessionName', sessionName, ['x', '🐴'.repeat(100)], ['', ' ', '🐴'.repeat(101)]],
  [
    'content',
    content,
    ['x'.repeat(16_384), '🐴'.repeat(4_096)],
    [' ', '🐴'.repeat(4_097), 'é'.repeat(8_193)],
  ],
  ['clientMessageId', clientMessageId, ['x', '🐴'.repeat(128)], ['', '🐴'.repeat(129)]],
  ['seq', seq, [0, Number.MAX_SAFE_INTEGER], [-1, 0.5, '1', Number.NaN, 2 ** 53]],
  ['pageLimit', pageLimit, [1, 100], [0, 101, '1']],
];

describe.each(FIELDS)('%s', (_name, field, valid, invalid) => {
  // The formats are named, not checked: the schemas are looser than the checks anyway.
  const fits = new Ajv({ formats: { uuid: true, email: true, password: true } }).compile(field.schema);

  test('accepts valid values, as its schema does', () => {
    for (const value of valid) {
      expect(field.parse(value)).toEqual({ value });
      expect(fits(value)).toBe(true);
    }
  });

  test('names the problem of an invalid value', () => {
    for (const value of invalid)
      expect(field.parse(value)).toEqual({ problem: expect.stringMatching(/^\w/) });
  });
});

const TABLE = { name: sessionName, after: optional(seq) };

test('a table of fields reads its own fields only', () => {
  expect(parseFields(TABLE, { name: 'a name', other: 1 })).toEqual({ name: 'a name' });
  expect(parseFields(TABLE, { name: 'a name', after: 3 })).toEqual({ name: 'a name', after: 3 });
});

test('null for an optional field is its absence', () => {
  expect(parseFields(TABLE, { name: 'a name', after: null })).toStrictEqual({ name: 'a name' });
});

test.each([
  ['null', null, ['name']],
  ['a field it inherits', Object.create({ name: 'a name' }), ['name']],
  ['null for a required field', { name: null, after: null }, ['name']],
  ['two invalid fields', { name: '', after: -1 }, ['name', 'after']],
])('of %s it names every invalid field', (_what, input, fields) => {
  expect(() => parseFields(TABLE, input)).toThrow(
    expect.objectContaining({
      code: 'VALIDATION_FAILED',
      errors: fields.map((field) => ({ field, message: expect.any(String) })),
    }),
  );
});
