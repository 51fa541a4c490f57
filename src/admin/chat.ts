import { randomUUID } from 'node:crypto';
import { createInterface, type Interface } from 'node:readline';
import { io, type Socket } from 'socket.io-client';
import type { ClientToServerEvents, SendPayload, ServerToClientEvents } from '../domain/events';
import type { Message } from '../domain/message';
import type { AuthResult } from '../domain/user';
import { isSystemError } from '../utils/systemError';
import { AdminError, type Options, UsageError } from './command';

type ChatSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

const DEFAULT_URL = 'http://localhost:3001';
/** How long to wait for an acknowledgement before a message is sent again, in milliseconds. */
const ACK_TIMEOUT_MS = 5_000;

/** `chat`: a chat in the terminal. Resolves when the input ends and everything is sent. */
export async function chat({ url = DEFAULT_URL, username, session }: Options): Promise<string> {
  if (typeof username !== 'string') throw new UsageError('Name your account: --username NAME.');
  const input = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: process.stdin.isTTY,
  });
  const lines = input[Symbol.asyncIterator]();
  const password = await readPassword(input, lines);
  const login = await logIn(String(url), username, password);
  const conversation = new Conversation(
    String(url),
    login,
    typeof session === 'string' ? session : randomUUID(),
  );
  try {
    await conversation.open();
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      if (line.value.trim() !== '') await conversation.send(line.value);
    }
    await conversation.whenAnswered();
  } finally {
    input.close();
    conversation.close();
  }
  return 'Bye.';
}

/** Reads a line without showing it. */
async function readPassword(input: Interface, lines: AsyncIterator<string>): Promise<string> {
  const { isTTY } = process.stdin;
  if (isTTY) process.stdout.write('Password: ');
  const { write } = process.stdout;
  // The interface echoes each key to the terminal.
  if (isTTY) process.stdout.write = () => true;
  const line = await lines.next();
  process.stdout.write = write;
  if (isTTY) process.stdout.write('\n');
  input.resume();
  if (line.done) throw new AdminError('There is no password on the standard input.');
  return line.value;
}

async function logIn(url: string, name: string, password: string): Promise<AuthResult> {
  const account = name.includes('@') ? { email: name, password } : { username: name, password };
  return post(url, '/api/auth/login', account);
}

async function post<T>(url: string, path: string, body: object): Promise<T> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause ? error.cause : error;
    if (isSystemError(cause, 'ERR_SSL_WRONG_VERSION_NUMBER')) {
      throw new AdminError(
        `The server at ${url} has no TLS: name its address as --url ${url.replace(/^https:/i, 'http:')}.`,
      );
    }
    throw new AdminError(
      `There is no server at ${url}: start one, or name its address with --url. (${cause})`,
    );
  });
  const text = await response.text();
  if (!/json/.test(response.headers.get('Content-Type') ?? '')) {
    throw new AdminError(`${url} is not a Smart Chat Server: check the address.`);
  }
  if (!response.ok) throw new AdminError(JSON.parse(text).detail);
  const answer: T = JSON.parse(text);
  return answer;
}

/** One session on one socket, which resumes after each interruption. */
class Conversation {
  private readonly socket: ChatSocket;
  private lastSeq = 0;
  private token: string;
  /** The messages without a reply, and the functions to call once there are none. */
  private readonly unanswered = new Set<string>();
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly url: string,
    private login: AuthResult,
    private readonly sessionId: string,
  ) {
    this.token = login.token;
    this.socket = io(url, { auth: (give) => give({ token: this.token }), transports: ['websocket'] });
    this.socket.on('message', (message) => this.receive(message));
    this.socket.on('token-expiring', () => void this.renew().catch(() => {}));
  }

  /** Resolves when the session is joined and its messages are shown. Rejects if the server refuses the socket or the session. */
  open(): Promise<void> {
    process.stdout.write(
      `Session ${this.sessionId} of ${this.login.user.username}. Each line is a message.\n`,
    );
    return new Promise((resolve, reject) => {
      const refuse = (reason: string) => reject(new AdminError(`The server refuses: ${reason}`));
      this.socket.once('connect_error', (error) => refuse(error.message));
      this.socket.on('connect', () => this.resume(resolve, refuse));
    });
  }

  /** Sends a message until it is stored; the id makes sure that it is stored once. */
  async send(content: string): Promise<void> {
    const payload = { sessionId: this.sessionId, content, clientMessageId: randomUUID() };
    while (!(await this.attempt(payload)));
  }

  /** False if there was no response. */
  private attempt(payload: SendPayload): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ACK_TIMEOUT_MS);
      this.socket.emit('message', payload, (answer) => {
        clearTimeout(timer);
        // Synchronously, because the reply may follow in the same frame.
        if (answer.ok) {
          this.unanswered.add(answer.message.messageId);
          this.receive(answer.message);
        } else {
          process.stdout.write(`Not sent: ${answer.error.message}\n`);
        }
        resolve(true);
      });
    });
  }

  /** Resolves when every message that was sent has its reply. */
  whenAnswered(): Promise<void> {
    if (this.unanswered.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  close(): void {
    this.socket.disconnect();
  }

  private resume(onJoined: () => void, onRefused: (reason: string) => void): void {
    this.socket.emit('join-session', { sessionId: this.sessionId, after: this.lastSeq }, (answer) => {
      if (!answer.ok) return onRefused(answer.error.message);
      for (const message of answer.messages ?? []) this.receive(message);
      if (answer.hasMore) this.resume(onJoined, onRefused);
      else onJoined();
    });
  }

  private receive({ seq, sender, content, replyTo }: Message): void {
    if (replyTo !== undefined) this.unanswered.delete(replyTo);
    if (seq > this.lastSeq) {
      this.lastSeq = seq;
      process.stdout.write(`${sender === 'user' ? '>' : '<'} ${printable(content)}\n`);
    }
    if (this.unanswered.size === 0) for (const resolve of this.waiting.splice(0)) resolve();
  }

  private async renew(): Promise<void> {
    this.login = await post(this.url, '/api/auth/refresh', { refreshToken: this.login.refreshToken });
    this.token = this.login.token;
    this.socket.emit('authenticate', this.token, () => {});
  }
}

/** A terminal would execute control characters. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '\ufffd');
}
