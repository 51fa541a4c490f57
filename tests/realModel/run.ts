/**
 * `npm run test:model` downloads a small language model and lets the built server answer with it: a question, a stop in mid-text, and
 * a `kill -9` in mid-text. Prints the conversation and a verdict; exits with 1 if something was wrong or is missing. Removes
 * everything and leaves nothing running.
 */
import { rmSync } from 'node:fs';
import { setTimeout as elapse } from 'node:timers/promises';
import { type ChatClient, createChatClient, type Draft, type Message, memoryStorage } from '../../client/src';
import { endProcesses, inTemporaryFolder, RestartableServer } from '../../testkit/serverProcess';
import { Changes, withTimeout } from '../../testkit/waiting';
import { ModelProcess, missingForModel } from './modelProcess';

const REPLY_TIMEOUT_MS = 120_000;
/** A slot must be idle this soon after its reply was stopped. */
const IDLE_MS = 1_000;
const POLL_MS = 20;
/** Text after which a reply is in mid-text. */
const SOME_CHARACTERS = 60;

const QUESTION = 'What is the capital of France?';
const LONG_QUESTION = 'Write a long story about an old lighthouse and the people who live near it.';

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What a person sees in one session. */
class Conversation {
  private readonly changes = new Changes();
  private readonly messages: Message[] = [];
  private draft: Draft | null = null;
  pieces = 0;

  constructor(
    private readonly client: ChatClient,
    readonly sessionId: string,
  ) {
    client.subscribe(sessionId, {
      onMessage: (message) => {
        this.messages.push(message);
        this.changes.notify();
      },
      onDraft: (draft) => {
        this.draft = draft;
        this.pieces += 1;
        this.changes.notify();
      },
    });
  }

  /** Sends a message, and returns its id once it is stored. */
  async ask(content: string): Promise<string> {
    print(`user: ${content}`);
    this.pieces = 0;
    return (await this.client.send(this.sessionId, content)).messageId;
  }

  /** Resolves with the text that has arrived of a reply, when there is this much of it. */
  async textOf(messageId: string, characters = 1): Promise<string> {
    const text = () => (this.draft?.replyTo === messageId ? this.draft.text : '');
    await this.until(() => text().length >= characters, `the text of ${messageId}`);
    return text();
  }

  async replyTo(messageId: string): Promise<Message> {
    const find = () => this.messages.find(({ replyTo }) => replyTo === messageId);
    await this.until(() => find() !== undefined, `the reply to ${messageId}`);
    const reply = find();
    if (!reply) throw new Error('The reply disappeared');
    const { content, finish } = reply;
    print(
      `model: ${content.replaceAll('\n', ' ').slice(0, 200)}${content.length > 200 ? '…' : ''} [${finish ?? 'complete'}]`,
    );
    return reply;
  }

  private until(condition: () => boolean, what: string): Promise<void> {
    const failure = () => new Error(`Within ${REPLY_TIMEOUT_MS / 1_000} s there was not ${what}`);
    return withTimeout(this.changes.until(condition), REPLY_TIMEOUT_MS, failure);
  }
}

/** Prints what was checked, and remembers whether all of it was right. */
class Verdict {
  isGood = true;

  check(isRight: boolean, what: string): void {
    print(`  ${isRight ? '✓' : '✗'} ${what}`);
    this.isGood &&= isRight;
  }
}

async function answers(conversation: Conversation, verdict: Verdict): Promise<void> {
  const start = performance.now();
  const id = await conversation.ask(QUESTION);
  await conversation.textOf(id);
  const first = Math.round(performance.now() - start);
  const reply = await conversation.replyTo(id);
  const total = Math.round(performance.now() - start);
  verdict.check(
    reply.finish !== 'failed' && reply.content !== '' && conversation.pieces > 1,
    `answered: first text after ${first} ms, all of it after ${total} ms in ${conversation.pieces} pieces`,
  );
}

async function stops(conversation: Conversation, client: ChatClient, model: ModelProcess, verdict: Verdict) {
  const id = await conversation.ask(LONG_QUESTION);
  const shown = await conversation.textOf(id, SOME_CHARACTERS);
  const busy = await model.busySlots();
  const start = performance.now();
  await client.stopReply(conversation.sessionId, id);
  const acknowledged = Math.round(performance.now() - start);
  const idle = Math.round((await timeUntilIdle(model)) + acknowledged);
  const reply = await conversation.replyTo(id);
  verdict.check(
    reply.finish === 'stopped' && reply.content.startsWith(shown),
    `stopped after ${acknowledged} ms, with the ${reply.content.length} characters that had arrived`,
  );
  verdict.check(
    busy === 1 && idle <= IDLE_MS,
    `the model had ${busy} busy slot, and none ${idle} ms after the stop`,
  );
}

async function survivesKill(
  conversation: Conversation,
  server: RestartableServer,
  model: ModelProcess,
  verdict: Verdict,
): Promise<void> {
  const id = await conversation.ask(LONG_QUESTION);
  await conversation.textOf(id, SOME_CHARACTERS);
  await server.end('SIGKILL');
  const idle = Math.round(await timeUntilIdle(model));
  verdict.check(idle <= IDLE_MS, `no busy slot ${idle} ms after the kill -9 of the server`);
  await server.start();
  print('(the server was killed and started again)');
  const reply = await conversation.replyTo(id);
  verdict.check(
    [undefined, 'length'].includes(reply.finish) && reply.content.length >= SOME_CHARACTERS,
    `answered anew after the restart, with ${reply.content.length} characters`,
  );
}

async function timeUntilIdle(model: ModelProcess): Promise<number> {
  const start = performance.now();
  while ((await model.busySlots()) > 0) {
    if (performance.now() - start > REPLY_TIMEOUT_MS) break;
    await elapse(POLL_MS);
  }
  return performance.now() - start;
}

async function talk(directory: string): Promise<boolean> {
  const verdict = new Verdict();
  // After a signal, which `inTemporaryFolder` doesn't see.
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const model = await ModelProcess.start(directory, print);
  const server = await RestartableServer.create(directory, {
    DATABASE_URL: 'sqlite://./chat.db',
    RESPONDER: 'openai',
    RESPONDER_URL: `${model.url}/v1`,
    RESPONDER_MODEL: 'SmolLM2-135M-Instruct',
    RESPONDER_CONTEXT_TOKENS: '2048',
    RESPONDER_MAX_TOKENS: '200',
    RESPONDER_EXTRA: '{"temperature":0}',
  });
  const client = createChatClient({ url: server.url, storage: memoryStorage() });
  try {
    await server.start();
    await client.signUp({
      username: 'reader',
      email: 'reader@example.com',
      password: 'a lighthouse at night',
    });
    const conversation = new Conversation(client, (await client.sessions.create()).id);
    await answers(conversation, verdict);
    await stops(conversation, client, model, verdict);
    await survivesKill(conversation, server, model, verdict);
    const { messages } = await client.history(conversation.sessionId, { limit: 50 });
    const replies = messages.filter(({ sender }) => sender === 'server');
    const answered = new Set(replies.map(({ replyTo }) => replyTo)).size;
    verdict.check(
      messages.length === 6 && replies.length === 3 && answered === 3,
      `${messages.length - replies.length} messages, ${replies.length} replies, one to each`,
    );
  } finally {
    client.close();
    await server.end('SIGTERM');
    await model.stop();
  }
  return verdict.isGood;
}

async function main(): Promise<void> {
  const missing = await missingForModel();
  if (missing !== null) {
    process.stderr.write(`${missing}\n`);
    process.exitCode = 1;
    return;
  }
  // The exit handlers end the processes.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  process.once('exit', endProcesses);
  const isGood = await inTemporaryFolder(talk).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  });
  print(isGood ? 'All is well.' : 'Something is wrong; see above.');
  process.exitCode = isGood ? 0 : 1;
}

void main();
