import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const TESTS = resolve(__dirname, '..');

/** Clients that don't check responses against the documents, and the files that may use them. */
const BARE: readonly [what: string, pattern: RegExp, allowed: RegExp][] = [
  // Tests of a process in trouble watch its health only. The chat page's files, the metrics listener the redirects of a proxy, and the routes of an app that mounts the server are not part of the API. The apps under test are those of other people. The control port of the test kit is not part of the API either.
  ['supertest', /from 'supertest'/, /^(support\/documents\/request|web\/serving\.test)\.ts$/],
  [
    'fetch',
    /(?<![.\w])fetch\(/,
    /^(support\/documents\/fetch|client\/firstHour\.test|e2e\/(packedServer|(start|nginx|demo|library)\.test)|fleet\/(balancers\.test|faults\/balancer)|faults\/(largeDeletions|lost(Database|Log)\.test)|web\/serving\.test|metrics\/prometheus\.test|realModel\/modelProcess|testkit\/(apps|testServer\.test)|unit\/testkit\.test|web\/reference\.test)\.ts$/,
  ],
];

const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(TESTS, file), 'utf8') }));

test.each(BARE)(
  '%s is used only where its responses are checked against the documents',
  (_what, pattern, allowed) => {
    const users = files.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
    expect(
      users.filter((file) => !allowed.test(file) && file !== 'apiDocs/documentedClients.test.ts'),
    ).toEqual([]);
    expect(users.some((file) => allowed.test(file))).toBe(true);
  },
);

test('sockets check their events against the documents', () => {
  const users = files.filter(({ text }) => /import \{[^}]*\bio\b[^}]*\} from 'socket\.io-client'/.test(text));
  const unchecked = users.filter(({ text }) => !/\bdocumented\(\s*io\(/.test(text)).map(({ file }) => file);
  expect(unchecked.filter((file) => file !== 'testkit/apps.ts')).toEqual([]);
  expect(users.length).toBeGreaterThanOrEqual(2);
});
