import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import express from 'express';
import { type ChatServer, createChatServer, type Responder } from '../../src';
import { connect, record, signUp } from '../support/client';
import { documentedFetch } from '../support/documents/fetch';
import { recordLog } from '../support/recordLog';
import { send } from '../support/socketCalls';
import { newTestFolder } from '../support/testServer';

const shout: Responder = { kind: 'immediate', respond: ({ content }) => content.toUpperCase() };

let opened: ChatServer | undefined;
afterEach(() => opened?.close());

async function open(options: Parameters<typeof createChatServer>[0] = {}): Promise<ChatServer> {
  const settings = {
    DATABASE_URL: `sqlite://${join(newTestFolder(), 'chat.db')}`,
    JWT_SECRET: 'a secret that is long enough for every test',
    BCRYPT_ROUNDS: '10',
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'warn',
    WEB_CLIENT: 'off',
  };
  opened = await createChatServer({ settings, responder: shout, ...options });
  return opened;
}

/** Sends a message and returns the reply that arrives live. */
async function converse(url: string): Promise<string | undefined> {
  const socket = await connect({ url }, (await signUp({ url })).token);
  const messages = record(socket, 'message');
  await send(socket, randomUUID(), 'hello');
  const [reply] = await messages.until(({ length }) => length > 0);
  return reply?.content;
}

test('a server listens alone, with a responder and a logger of its own', async () => {
  const log = recordLog('info');
  const url = await (await open({ logger: log.logger })).start();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await converse(url ?? '')).toBe('HELLO');
  await log.entry(({ msg }) => msg === 'socket connected');
});

test('a setting that is probably misspelt is logged, without its value', async () => {
  const log = recordLog('warn');
  const settings = {
    DATABASE_URL: `sqlite://${join(newTestFolder(), 'chat.db')}`,
    CORS_ORIGINS: 'https://hunter2',
  };
  await open({ settings, logger: log.logger });
  const { name, meant, ...others } = await log.entry(({ msg }) => msg === 'setting is unknown');
  expect({ name, meant }).toEqual({ name: 'CORS_ORIGINS', meant: 'CORS_ORIGIN' });
  expect(JSON.stringify(others)).not.toContain('hunter2');
});

test('a server mounts on an Express app, and leaves its other routes alone', async () => {
  const app = express();
  const server = createServer(app);
  const chat = await open({ server });
  app.use(chat.handler);
  app.get('/hello', (_request, response) => response.send('of the app'));
  expect(await chat.start()).toBeNull();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;

  expect(await converse(url)).toBe('HELLO');
  expect((await documentedFetch(`${url}/readyz`)).status).toBe(200);
  const own = await fetch(`${url}/hello`);
  expect(await own.text()).toBe('of the app');
  expect(own.headers.get('content-security-policy')).toBeNull();
  expect((await fetch(`${url}/apiary`)).headers.get('x-request-id')).toBeNull();
  await chat.close();
  expect(server.listening).toBe(false);
});

test('invalid settings are all named', async () => {
  const settings = { PORT: 'x', SIGNUP: 'maybe' };
  await expect(createChatServer({ settings })).rejects.toThrow(/PORT is "x".*\n.*SIGNUP is "maybe"/);
});
