import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { email, newPasswordField, uuid } from '../../src/domain/fields';
import { canonicalEmail, canonicalId, canonicalPassword } from '../../src/domain/text';

const newPassword = newPasswordField(() => false);

/** Each letter in a random case. */
const inAnyCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((capitals) =>
      Array.from(text, (letter, i) => (capitals[i] ? letter.toUpperCase() : letter.toLowerCase())).join(''),
    );

/** Letters that have several forms, such as accents, Hangul, full width, ligatures and digits in circles. */
const LETTERS = ['é', 'e\u0301', 'Å', '\u212b', 'ﬁ', 'ｱ', 'Ａ', '한', 'ệ', 'ΐ', 'ß', '①', 'q', '7', '🐴'];
const manyForms = fc
  .array(fc.constantFrom(...LETTERS), { minLength: 8, maxLength: 20 })
  .map((letters) => letters.join(''));

const LOCAL_PARTS = ['josé', 'Ångström', 'ệ.x', '한글', 'john.doe+x'];
const DOMAINS = ['münchen.de', 'bücher.example', 'παράδειγμα.gr', '例え.jp', 'example.com', 'straße.de'];

test('an id is the same in any case', () => {
  const ids = fc.uuid().chain((id) => fc.tuple(fc.constant(id), inAnyCase(id)));
  fc.assert(
    fc.property(ids, ([id, written]) => {
      expect(canonicalId(written)).toBe(id);
      expect(uuid.parse(written)).toEqual({ value: id });
    }),
  );
});

test('a password is the same in every form of Unicode', () => {
  fc.assert(
    fc.property(manyForms, fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD'), (password, form) => {
      const canonical = canonicalPassword(password);
      expect(canonicalPassword(password.normalize(form))).toBe(canonical);
      expect(canonicalPassword(canonical)).toBe(canonical);
      expect(newPassword.parse(password.normalize(form))).toEqual({ value: canonical });
    }),
  );
});

test('a password keeps its case and spaces', () => {
  expect(canonicalPassword('  Zürich-Käse  ')).toBe('  Zürich-Käse  ');
});

test.each([
  ['128 characters of four code points each', 'ᾂ'.repeat(128).normalize('NFD'), true],
  ['129 characters', 'ᾂ'.repeat(129).normalize('NFD'), false],
  ['8 letters with accents', 'é'.repeat(8).normalize('NFD'), true],
  ['7 letters with accents, in 14 code points', 'é'.repeat(7).normalize('NFD'), false],
])('a password of %s: the characters of the canonical form count', (_what, password, isValid) => {
  expect('value' in newPassword.parse(password)).toBe(isValid);
});

test('the canonical form of a password is checked for being common', () => {
  const field = newPasswordField((password) => password === 'password');
  expect(field.parse('ｐａｓｓｗｏｒｄ')).toEqual({ problem: expect.stringContaining('common') });
});

test('an email is the same in any case, with spaces around it, composed or not, and with its domain in punycode', () => {
  const written = fc.tuple(fc.constantFrom(...LOCAL_PARTS), fc.constantFrom(...DOMAINS)).chain((parts) => {
    const [local, domain] = parts;
    return fc.record({
      address: fc.constant(`${local}@${domain}`),
      local: inAnyCase(local),
      domain: fc.oneof(fc.constant(domain), inAnyCase(domainToASCII(domain))),
      form: fc.constantFrom('NFC', 'NFD'),
      before: fc.constantFrom('', ' ', '\u00a0\t'),
      after: fc.constantFrom('', ' ', '\r\n'),
    });
  });
  fc.assert(
    fc.property(written, ({ address, local, domain, form, before, after }) => {
      const canonical = canonicalEmail(address);
      const other = `${before}${local.normalize(form)}@${domain.normalize(form)}${after}`;
      expect(canonicalEmail(other)).toBe(canonical);
      expect(canonicalEmail(canonical)).toBe(canonical);
      expect(email.parse(other)).toEqual({ value: canonical });
    }),
  );
});

test('the domain of an email is as Node converts it', () => {
  for (const domain of DOMAINS) {
    expect(canonicalEmail(`JOSE\u0301@${domain}`)).toBe(`josé@${domainToASCII(domain)}`);
  }
  expect(canonicalEmail('a@MÜNCHEN.de')).toBe('a@xn--mnchen-3ya.de');
});

test('the canonical form of a valid email is its own, and has an ASCII domain', () => {
  const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 });
  const labels = fc.array(fc.oneof(part, fc.domain()), { minLength: 1, maxLength: 2 });
  fc.assert(
    fc.property(part, labels, (local, domain) => {
      const parsed = email.parse(`${local}@${domain.join('.')}.de`);
      if ('problem' in parsed) return;
      expect(email.parse(parsed.value)).toEqual(parsed);
      expect(parsed.value).toMatch(/@[\x21-\x7e]+$/);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['a port', 'a@münchen.de:80'],
  ['a path', 'a@münchen.de/x'],
  ['an escape', 'a@m%C3%BCnchen.de'],
  ['digits of full width that would be an address', 'a@１２７.１'],
  ['an empty label', 'a@ü..de'],
  ['a domain that has no form in ASCII', 'a@ü\u2488.de'],
  ['a zero-width space', 'a\u200bb@example.com'],
  ['a right-to-left override', 'a\u202eb@example.com'],
  ['a soft hyphen in the domain, which the conversion would drop', 'a@exam\u00adple.com'],
  ['a variation selector', 'a\ufe0f@example.com'],
  ['a Hangul filler', '\u3164@example.com'],
  ['a joiner at its end', 'a@example.com\u200d'],
  ['a domain that is too long in punycode', `a@${'ü'.repeat(60)}.de`],
])('an email may not have %s', (_what, address) => {
  expect(email.parse(address)).toEqual({ problem: expect.any(String) });
});

test('a text of marks that takes long to normalize is left as it is', () => {
  const marks = '\u0315\u0316'.repeat(30_000);
  expect(canonicalPassword(marks)).toBe(marks);
  expect(canonicalEmail(`${marks}@example.com`)).toBe(`${marks}@example.com`);
});
