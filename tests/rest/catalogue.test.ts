import { ERROR_CATALOGUE } from '../../src/domain/errors';

/** Clients depend on the codes and their statuses, so a change of either must be intended. */
const PROTOCOL = {
  400: ['VALIDATION_FAILED', 'MALFORMED_JSON'],
  401: ['UNAUTHENTICATED', 'INVALID_CREDENTIALS', 'TOKEN_EXPIRED', 'TOKEN_REUSED'],
  403: ['FORBIDDEN'],
  404: ['NOT_FOUND'],
  409: ['USERNAME_TAKEN', 'EMAIL_TAKEN', 'CONFLICT'],
  413: ['PAYLOAD_TOO_LARGE'],
  415: ['UNSUPPORTED_MEDIA_TYPE'],
  429: ['RATE_LIMITED'],
  500: ['INTERNAL'],
  503: ['UNAVAILABLE'],
};

test('the catalogue has the codes of the protocol with their statuses, and no others', () => {
  const expected = Object.entries(PROTOCOL).flatMap(([status, codes]) =>
    codes.map((code) => [code, Number(status)]),
  );
  const actual = Object.entries(ERROR_CATALOGUE).map(([code, { status }]) => [code, status]);
  expect(actual.sort()).toEqual(expected.sort());
});

test.each(Object.entries(ERROR_CATALOGUE))(
  'the texts of %s are one line each',
  (_code, { title, detail }) => {
    expect(title).toMatch(/^[A-Z][^.\n]{3,40}$/);
    expect(detail).toMatch(/^[A-Z][^\n]+\.$/);
  },
);

test('every code has its own title', () => {
  const titles = Object.values(ERROR_CATALOGUE).map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
});
