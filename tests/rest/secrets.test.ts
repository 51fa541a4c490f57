import { randomUUID } from 'node:crypto';
import type { DatabaseConfig } from '../../src/config/database';
import type { AuthResult } from '../../src/domain/user';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { createLogger } from '../../src/utils/logger';
import { uniqueName } from '../../testkit/builders';
import { api, connect, newSocket, PASSWORD, record, type SignedUp, signUp } from '../support/client';
import request, { type Response } from '../support/documents/request';
import { canStartOwnMongo, startOwnMongo } from '../support/mongoServers';
import { mentions } from '../support/rawDatabase';
import { askAnything, emitAnything, refusalOf } from '../support/socketCalls';
import { newSqliteDatabase, startTestServer, type TestServer } from '../support/testServer';
import { authCalls } from './support';

const NEW_PASSWORD = 'staple horse correct';
const SECRET = 'the secret that signs, and that nobody may see';
const CONTENT = 'what only the session may read';

interface Breakable {
  database: DatabaseConfig;
  /** Makes the database fail. */
  breakIt(): Promise<void>;
  end(): Promise<void>;
}

/** Starts a server and records its log. */
async function listenTo(database: DatabaseConfig, breakClock: () => boolean) {
  const log: string[] = [];
  const logger = createLogger('trace', { write: (line) => void log.push(line) });
  const respond = () => {
    throw new Error('the model is away');
  };
  // An invalid time makes the code that formats it throw.
  const clock = () => (breakClock() ? Number.NaN : Date.now());
  const responder = { kind: 'immediate', respond } as const;
  const config = { jwtSecrets: [SECRET], bcryptRounds: 5 };
  const server = await startTestServer({ database, config, parts: { logger, responder, clock } });
  return { server, log };
}

/** Sends and reads messages in every possible way. */
async function chat(server: TestServer, { token }: AuthResult): Promise<void> {
  const sessionId = randomUUID();
  const { get, post, patch } = api(server, token);
  await post(`/api/sessions/${sessionId}/messages`, { content: CONTENT }).expect(201);
  await patch(`/api/sessions/${sessionId}`, { name: CONTENT }).expect(200);
  await get(`/api/sessions/${sessionId}/messages`).expect(200);
  const socket = await connect(server, token);
  const device = await connect(server, token);
  await askAnything(device, 'join-session', { sessionId, after: 0 });
  const heard = record(device, 'message');
  const sending = { sessionId, content: CONTENT, clientMessageId: 'c1' };
  for (const _ of ['first', 'repeated']) await askAnything(socket, 'message', sending);
  await askAnything(socket, 'message', { ...sending, clientMessageId: CONTENT.repeat(9) });
  await heard.atLeast(1);
}

/** Requests with secrets that fail in any state of the server. */
async function failEverywhere(server: TestServer, { user, token, refreshToken }: SignedUp) {
  const { logIn, refresh, me, signUp: signUpWith } = authCalls(server);
  const { get, post, put, patch, delete: remove } = api(server, token);
  const raw = (type: string, body: string) =>
    request(server.url).post('/api/auth/login').set('Content-Type', type).send(body);
  const username = uniqueName();
  return Promise.all([
    logIn(user.email, NEW_PASSWORD),
    logIn(PASSWORD, PASSWORD),
    signUpWith({ username, email: user.email, password: PASSWORD }),
    signUpWith({ username: PASSWORD, email: PASSWORD, password: [PASSWORD] }),
    refresh(token),
    refresh(`${refreshToken}x`),
    me(refreshToken),
    me(`${token}x`),
    post(`/api/sessions/${randomUUID()}/messages`, { content: 1, token, password: PASSWORD }),
    post('/api/sessions', { id: token }),
    put('/api/auth/password', { currentPassword: NEW_PASSWORD, newPassword: NEW_PASSWORD }),
    put('/api/auth/password', { currentPassword: PASSWORD, newPassword: 'password' }),
    patch('/api/auth/me', { email: PASSWORD }),
    remove('/api/auth/me', { password: NEW_PASSWORD }),
    remove(`/api/auth/logins/${randomUUID()}`),
    get('/api/nothing'),
    get(`/api/sessions?cursor=${token}`),
    get(`/api/sessions?limit=${token}`),
    raw('application/json', `{"password":"${PASSWORD}","token":"${token}"`),
    raw('text/plain', PASSWORD),
    raw('application/json; charset=nonsense', `{"password":"${PASSWORD}"}`),
    raw('application/json', JSON.stringify({ password: PASSWORD.repeat(9_000) })),
  ]);
}

async function failOnSockets(server: TestServer, { token, refreshToken }: AuthResult): Promise<string> {
  const refusals = await Promise.all(
    [refreshToken, `${token}x`, { token }].map((each) =>
      refusalOf(newSocket(server, '', { auth: { token: each }, reconnection: false })),
    ),
  );
  return JSON.stringify(refusals.map(({ message, data }) => ({ message, data })));
}

async function failOnSocket(server: TestServer, { token, refreshToken }: AuthResult): Promise<string> {
  const socket = await connect(server, token);
  const errors = record(socket, 'error');
  const answers = await Promise.all([
    askAnything(socket, 'authenticate', refreshToken),
    askAnything(socket, 'authenticate', { token }),
    askAnything(socket, 'message', { token, password: PASSWORD }),
    askAnything(socket, 'join-session', token),
  ]);
  emitAnything(socket, token, PASSWORD);
  emitAnything(socket, 'message', token);
  return JSON.stringify([answers, (await errors.atLeast(2)).map(({ code, message }) => ({ code, message }))]);
}

async function sqlite(): Promise<Breakable> {
  const database = newSqliteDatabase();
  return {
    database,
    async breakIt() {
      const raw = openDatabaseFile(database.kind === 'sqlite' ? database.path : '', 2_000);
      raw.exec('ALTER TABLE users RENAME TO old_users; ALTER TABLE logins RENAME TO old_logins');
      raw.close();
    },
    async end() {},
  };
}

async function mongo(): Promise<Breakable> {
  const process = await startOwnMongo();
  if (!process) throw new Error('no MongoDB of our own');
  const url = `mongodb://${new URL(process.url).host}/chat?directConnection=true`;
  return { database: { kind: 'mongodb', url }, breakIt: () => process.stop(), end: () => process.stop() };
}

const databases: readonly (readonly [string, () => Promise<Breakable>])[] = [
  ['SQLite', sqlite],
  ...(canStartOwnMongo() ? ([['MongoDB', mongo]] as const) : []),
];

test.each(databases)(
  'no error and no log line contains a secret, and no log line the content of a message, on %s',
  async (_name, make) => {
    const { database, breakIt, end } = await make();
    let clockIsBroken = false;
    const { server, log } = await listenTo(database, () => clockIsBroken);
    const login = await signUp(server);
    const [row = ''] = (await mentions(database, login.user.id)).filter((each) => each.includes('$2b$'));
    const hash = /\$2b\$\d\d\$[./A-Za-z0-9]{53}/.exec(row)?.[0] ?? 'no hash was found';
    expect(hash).not.toBe('no hash was found');

    const errors: Response[] = [];
    const told: string[] = [];
    errors.push(...(await failEverywhere(server, login)));
    told.push(await failOnSockets(server, login), await failOnSocket(server, login));
    await chat(server, login);
    clockIsBroken = true;
    const withoutTime = await failEverywhere(server, login);
    expect(withoutTime.filter(({ status }) => status === 500).length).toBeGreaterThan(0);
    errors.push(...withoutTime);
    told.push(await failOnSockets(server, login));
    clockIsBroken = false;
    await breakIt();
    errors.push(...(await failEverywhere(server, login)));
    told.push(await failOnSockets(server, login));
    await end();

    const statuses = new Set(errors.map(({ status }) => status));
    expect([...statuses].every((status) => status >= 400)).toBe(true);
    expect([400, 401, 404, 409, 413, 415].filter((status) => !statuses.has(status))).toEqual([]);
    expect([...statuses].some((status) => status >= 500)).toBe(true);
    expect(log.length).toBeGreaterThan(10);

    const said = [...log, ...told, ...errors.map(({ text, headers }) => text + JSON.stringify(headers))].join(
      '\n',
    );
    const { token, refreshToken } = login;
    for (const secret of [PASSWORD, NEW_PASSWORD, token, refreshToken, hash, SECRET, CONTENT]) {
      expect(said).not.toContain(secret);
    }
    expect(said).not.toMatch(/\$2[aby]\$\d\d\$|eyJ[\w-]+\.eyJ/);
  },
  60_000,
);
