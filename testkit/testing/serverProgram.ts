/** The server process of the test kit. It does what its parent says, and ends with it. */
import { createApplication } from '../../src/application';
import { readConfig } from '../../src/config/readConfig';
import type { Message } from '../../src/domain/message';
import { ResponderFailure, type StreamingResponder } from '../../src/responders/responder';
import type { ChatStore } from '../../src/stores/chatStore';
import { createLogger } from '../../src/utils/logger';
import { type Deferred, deferred } from '../waiting';
import { FreezableStore } from './freezableStore';
import type { Command, Report, ServerCalls, StartCommand } from './protocol';
import { seedSessions } from './seedSessions';

/** Without rate limits. A setting of the test overrides these. */
const SETTINGS = {
  LOG_LEVEL: 'silent',
  AUTH_RATE_PER_MINUTE: '0',
  CONNECT_RATE_PER_MINUTE: '0',
  MESSAGE_RATE_PER_SECOND: '0',
};
const PAGE_LENGTH = 100;

/** A reply that the parent is making. */
interface ReplyStream {
  pieces: string[];
  end: 'open' | 'complete' | Error;
  changed: Deferred;
}

const streams = new Map<number, ReplyStream>();
const store = new FreezableStore();
let clockOffsetMs = 0;

const calls: ServerCalls = {
  moveClock(offsetMs) {
    clockOffsetMs = offsetMs;
  },
  setFrozen: (isFrozen) => store.setFrozen(isFrozen),
  async listSessions(userId) {
    const page = await opened().listSessions(
      userId,
      { limit: PAGE_LENGTH, archived: false },
      new Date(now()).toISOString(),
    );
    return page.sessions.map(({ id }) => id);
  },
  async readMessages(userId, sessionId) {
    const messages: Message[] = [];
    for (;;) {
      const after = messages.at(-1)?.seq ?? 0;
      const page = await opened().readMessages(userId, sessionId, { after, limit: PAGE_LENGTH });
      if (!page) return null;
      messages.push(...page.messages);
      if (!page.hasMore) return messages;
    }
  },
  seed: (userId, input) => seedSessions(opened(), userId, input, now()),
};

/** Requests each reply from the parent. */
const responder: StreamingResponder = {
  kind: 'streaming',
  async *respond({ history: _, ...prompt }, signal) {
    const request = streams.size + 1;
    const stream: ReplyStream = { pieces: [], end: 'open', changed: deferred() };
    streams.set(request, stream);
    report({ type: 'reply', request, prompt });
    const abort = () => {
      report({ type: 'replyAborted', request });
      end(stream, new Error('aborted'));
    };
    signal.addEventListener('abort', abort, { once: true });
    for (;;) {
      for (const text of stream.pieces.splice(0)) yield { text };
      if (stream.end === 'complete') break;
      if (stream.end !== 'open') throw stream.end;
      await stream.changed.promise;
      stream.changed = deferred();
    }
    signal.removeEventListener('abort', abort);
    yield { finish: 'stop' };
  },
};

function end(stream: ReplyStream, how: ReplyStream['end']): void {
  stream.end = how;
  stream.changed.resolve();
}

function now(): number {
  return Date.now() + clockOffsetMs;
}

function opened(): ChatStore {
  if (!store.inner) throw new Error('The server has not started');
  return store.inner;
}

function report(message: Report): void {
  process.send?.(message);
}

async function start({ databasePath, jwtSecret, settings, ...command }: StartCommand): Promise<void> {
  clockOffsetMs = command.clockOffsetMs;
  const fixed = {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: `sqlite://${databasePath}`,
    JWT_SECRET: jwtSecret,
  };
  const { config } = readConfig({ ...SETTINGS, ...settings, ...fixed });
  const application = await createApplication(
    // The cheapest hash that bcrypt accepts.
    { ...config, bcryptRounds: 4 },
    { logger: createLogger(config.logLevel), responder, clock: now, wrapStore: store.wrap },
  );
  const { port } = await application.start();
  report({ type: 'listening', port, tokenLifetimeMs: config.jwtExpiresInMs });
}

async function answer({ id, name, args }: Extract<Command, { type: 'call' }>): Promise<void> {
  try {
    const value: unknown = await Reflect.apply(calls[name], calls, args);
    report({ type: 'result', id, ...(value !== undefined && { json: JSON.stringify(value) }) });
  } catch (error) {
    report({ type: 'failed', id, message: messageOf(error) });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

process.on('message', (command: Command) => {
  if (command.type === 'start')
    void start(command).catch((error) => report({ type: 'notStarted', message: messageOf(error) }));
  else if (command.type === 'call') void answer(command);
  else receiveReply(command);
});

function receiveReply(command: Extract<Command, { request: number }>): void {
  const stream = streams.get(command.request);
  if (!stream) return;
  if (command.type === 'piece') {
    stream.pieces.push(command.text);
    stream.changed.resolve();
  } else {
    const isComplete = command.type === 'replied';
    end(stream, isComplete ? 'complete' : new ResponderFailure('permanent', command.message));
  }
}

process.on('disconnect', () => process.exit());
