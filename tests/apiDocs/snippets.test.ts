import { type ChildProcessByStdio, execFile, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { LOGIN, MESSAGE, PASSWORD, REFRESH_TOKEN, SESSION, USER } from '../../src/apiDocs/examples';
import type { AuthResult } from '../../src/domain/user';
import type { Responder } from '../../src/responders/responder';
import { Changes, deferred } from '../../testkit/waiting';
import { api } from '../support/client';
import { describeWith } from '../support/describeWith';
import { documentedFetch } from '../support/documents/fetch';
import request from '../support/documents/request';
import { openApi } from '../support/documents/validation';
import { startTestServer, type TestServer } from '../support/testServer';

/** What ends the login, or the data that other operations need. They run last, in this order. */
const LAST = ['deleteSession', 'logOut', 'logOutAll', 'deleteAccount', 'changePassword'];

const OPERATIONS = Object.entries(openApi.paths)
  .flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
  )
  .sort((a, b) => LAST.indexOf(a.operationId) - LAST.indexOf(b.operationId));

/** The documented statuses of each operation's success. */
const SUCCESSES = Object.fromEntries(
  OPERATIONS.map(({ operationId, responses }) => {
    const statuses = Object.keys(responses).filter((status) => status.startsWith('2'));
    return [operationId, expect.stringMatching(`^(${statuses.join('|')})$`)];
  }),
);

/** Runs a snippet. Returns what it prints, with the status of the response at the start. */
type Run = (code: string, token: string) => Promise<string>;

const execute = promisify(execFile);

const withCurl: Run = async (code, token) => {
  const command = `${code} -sS -o /dev/null -w '%{http_code}'`;
  return (await execute('sh', ['-c', command], { env: { ...process.env, TOKEN: token } })).stdout;
};

const withJavaScript: Run = async (code, token) => {
  let output = '';
  const print = (...values: unknown[]) => {
    output += values.join(' ');
  };
  const globals = { fetch: documentedFetch, console: { log: print }, process: { env: { TOKEN: token } } };
  await runInNewContext(`(async () => {${code}})()`, globals);
  return output;
};

/** Runs each line of its input, which is much faster than a process for each snippet. */
const PYTHON = `
import contextlib, io, json, os, sys
for line in sys.stdin:
    code, os.environ["TOKEN"] = json.loads(line)
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            exec(code, {})
    except Exception as error:
        print(repr(error), file=output)
    print(json.dumps(output.getvalue()), flush=True)
`;

const withPython: Run = async (code, token) => {
  python ??= follow('python3', ['-c', PYTHON], '');
  const count = python.lines().length;
  python.child.stdin.write(`${JSON.stringify([code, token])}\n`);
  await python.until(() => (python?.lines().length ?? 0) > count);
  return JSON.parse(python.lines().at(-1) ?? '');
};

interface Program {
  child: ChildProcessByStdio<Writable, Readable, null>;
  /** The complete lines of its output. */
  lines(): string[];
  until(condition: () => boolean): Promise<void>;
}

let python: Program | undefined;
const programs = new Set<Program>();
afterEach(() => {
  for (const { child } of programs) child.kill();
  programs.clear();
  python = undefined;
});

/** Starts a program that ends with the test. */
function follow(command: string, parameters: string[], token: string): Program {
  const child = spawn(command, parameters, {
    env: { ...process.env, TOKEN: token },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const changes = new Changes();
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    changes.notify();
  });
  const program: Program = {
    child,
    lines: () => output.split('\n').slice(0, -1),
    until: (condition) => changes.until(condition),
  };
  programs.add(program);
  return program;
}

/** The code of each language of an entry of the page, by its title. */
function tabsIn(page: string, id: string): Map<string, string> {
  const entry = page.slice(page.indexOf(`id="${id}"`)).split('</section>')[0] ?? '';
  const blocks = entry.matchAll(/(?:<summary>|<figcaption>)([^<]+)<[\s\S]*?<code>([\s\S]*?)<\/code><\/pre>/g);
  return new Map(Array.from(blocks, ([, title = '', html = '']) => [title, textOf(html)]));
}

function textOf(html: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' };
  return html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(
      /&(#?\w+);/g,
      (_all, name: string) => entities[name] ?? String.fromCharCode(Number(name.slice(1))),
    );
}

async function readDocs({ url }: TestServer): Promise<string> {
  return (await request(url).get('/docs').expect(200)).text;
}

/** The values of a server that snippets have in place of those of the examples. */
interface Prepared {
  login: AuthResult;
  /** Of another login of the same user. */
  loginId: string;
  messageId: string;
}

function fillIn(code: string, prepared: Prepared | undefined): string {
  if (!prepared) return code;
  return code
    .replace(MESSAGE.messageId, prepared.messageId)
    .replace(LOGIN.id, prepared.loginId)
    .replace(REFRESH_TOKEN, prepared.login.refreshToken);
}

/** The user of the examples, with a session that has the message of the examples. */
async function prepare(server: TestServer): Promise<Prepared> {
  const account = { username: USER.username, email: USER.email, password: PASSWORD };
  await request(server.url).post('/api/auth/signup').send(account);
  const { body: login } = await request(server.url).post('/api/auth/login').send(account).expect(200);
  const user = api(server, login.token);
  const { content, clientMessageId } = MESSAGE;
  const sent = await user.post(`/api/sessions/${SESSION.id}/messages`).send({ content, clientMessageId });
  await request(server.url).post('/api/auth/login').send(account).expect(200);
  const { body: devices } = await user.get('/api/auth/logins').expect(200);
  const [other] = devices.logins.filter(({ current }: { current: boolean }) => !current);
  return { login, loginId: other.id, messageId: sent.body.message.messageId };
}

/** Calls every operation with the snippets in one language. Returns the status of each response. */
async function callEveryOperation(title: string, run: Run): Promise<Record<string, string>> {
  const server = await startTestServer({ config: { guests: true } });
  const page = await readDocs(server);
  const statuses: Record<string, string> = {};
  let prepared: Prepared | undefined;
  for (const { operationId } of OPERATIONS) {
    if (operationId !== 'signUp') prepared ??= await prepare(server);
    const code = fillIn(tabsIn(page, operationId).get(title) ?? '', prepared);
    statuses[operationId] = (await run(code, prepared?.login.token ?? '')).slice(0, 3);
    if (LAST.includes(operationId)) prepared = undefined;
  }
  return statuses;
}

test.each([
  ['JavaScript', 2],
  ['Python', 4],
])('each bracket that a line of %s opens indents by %i spaces until it is closed', async (title, spaces) => {
  const page = await readDocs(await startTestServer());
  for (const { operationId } of OPERATIONS) {
    const lines = (tabsIn(page, operationId).get(title) ?? '').split('\n');
    let depth = 0;
    const expected = lines.map((line) => {
      const text = line.trim();
      if (/^[)\]}]/.test(text)) depth -= 1;
      const indented = ' '.repeat(text === '' ? 0 : depth * spaces) + text;
      if (/[([{:]$/.test(text)) depth += 1;
      return indented;
    });
    expect(lines).toEqual(expected);
  }
});

describe.each<[title: string, program: string, run: Run]>([
  ['curl', 'curl', withCurl],
  ['JavaScript', process.execPath, withJavaScript],
  ['Python', 'python3', withPython],
])('the snippets in %s', (title, program, run) => {
  const isMissing = spawnSync(program, ['--version']).status !== 0;
  describeWith(isMissing ? `There is no ${program}.` : null, `for ${title}`, () => {
    test('call every operation of the document, with a documented success', async () => {
      expect(await callEveryOperation(title, run)).toEqual(SUCCESSES);
    }, 30_000);
  });
});

describe('the programs of the guides', () => {
  /** Runs the program of a guide. Returns a function that waits for a line of its output, and returns all lines. */
  async function runGuide(
    server: TestServer,
    guide: string,
    token = '',
  ): Promise<(line: RegExp) => Promise<string[]>> {
    const code = [...tabsIn(await readDocs(server), guide).values()].at(-1) ?? '';
    const program = follow(process.execPath, ['--input-type=module', '-e', code], token);
    return async (line) => {
      await program.until(() => program.lines().some((each) => line.test(each)));
      return program.lines();
    };
  }

  /** Sends a message over REST. */
  async function say(server: TestServer, token: string, content: string): Promise<void> {
    await api(server, token).post(`/api/sessions/${SESSION.id}/messages`).send({ content }).expect(201);
  }

  test('the first steps lead to a reply', async () => {
    const server = await startTestServer();
    const { token } = (await prepare(server)).login;
    const until = await runGuide(server, 'start', token);
    const printed = (await until(/^\}$/)).join();
    expect(printed).toContain("sender: 'server'");
    expect(printed).toContain("content: 'Hello, server!'");
  });

  test('a socket stays logged in: it renews its token before the end', async () => {
    const server = await startTestServer({ config: { jwtExpiresInMs: 30_000 } });
    await prepare(server);
    const until = await runGuide(server, 'guide-authentication');
    expect(await until(/^renewed/)).toEqual(['connected', 'renewed true']);
  });

  test('every message is received once and in order, also after a restart of the server', async () => {
    const server = await startTestServer();
    const { token } = (await prepare(server)).login;
    const until = await runGuide(server, 'guide-resume', token);
    await until(/^2 /);
    await server.restart();
    await say(server, token, 'one more');
    await until(/^4 /);
    await say(server, token, 'live');
    expect(await until(/^6 /)).toEqual([
      '1 Hello, server!',
      '2 Hello, server!',
      '3 one more',
      '4 one more',
      '5 live',
      '6 live',
    ]);
  });

  test('a message is sent until it is stored', async () => {
    const server = await startTestServer();
    const { token } = (await prepare(server)).login;
    const until = await runGuide(server, 'guide-idempotency', token);
    expect(await until(/^stored 3$/)).toEqual(['stored 3']);
  });

  test('a reply grows, and is complete', async () => {
    const rest = deferred();
    const responder: Responder = {
      kind: 'streaming',
      async *respond() {
        yield { text: 'Hel' };
        await rest.promise;
        yield { text: 'lo' };
        yield { finish: 'stop' };
      },
    };
    const server = await startTestServer({ parts: { responder } });
    const { token } = (await prepare(server)).login;
    const until = await runGuide(server, 'guide-streaming', token);
    await until(/^writing Hel$/);
    rest.resolve();
    expect((await until(/^complete Hello$/)).at(-1)).toBe('complete Hello');
  });

  test('errors and limits are read', async () => {
    const server = await startTestServer({ config: { messageRatePerSecond: 20 } });
    const { token } = (await prepare(server)).login;
    const untilCalled = await runGuide(server, 'guide-errors', token);
    const untilSent = await runGuide(server, 'guide-limits', token);
    expect(await untilCalled(/sessions/)).toEqual(['1 sessions']);
    expect((await untilSent(/r=/)).join()).toMatch(/^"[^"]+"; r=\d+; t=\d+$/);
  });
});
