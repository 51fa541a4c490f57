import { ChatError } from '../domain/errors';
import type { ExportFormat } from '../domain/fields';
import type { Message, ReplyFinish } from '../domain/message';
import type { Session } from '../domain/session';
import { startOf, toLine } from '../domain/text';
import { type Identity, publicUser } from '../domain/user';
import type { ChatStore } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { SessionAccess } from './hooks';

/** A file that is produced while it is sent. */
export interface Export {
  /** Safe on every file system. */
  fileName: string;
  mediaType: string;
  /** Reads from the store as it is consumed. Throws as the store does, or if the login is revoked meanwhile. */
  chunks: AsyncGenerator<string, void>;
}

export interface ExportDependencies {
  store: Pick<
    ChatStore,
    'findUser' | 'listLogins' | 'findEndedLogins' | 'findSession' | 'listSessions' | 'readMessages'
  >;
  access: SessionAccess;
  clock: Clock;
}

/** Messages in one read. With the longest replies they take some 3 MB, for each export in flight. */
const PAGE_SIZE = 50;
const SESSIONS_PER_PAGE = 100;
/** How often an export checks its login, in milliseconds: a download can take longer than a logout may. */
const LOGIN_CHECK_MS = 1_000;
/** How much of a session's name is in the name of its file. */
const FILE_NAME = { graphemes: 60, codePoints: 60 };

/** Everything that a user has written and received, as files. */
export class ExportService {
  constructor(private readonly dependencies: ExportDependencies) {}

  /** One session with the messages that it has now. Throws `NOT_FOUND`, and `FORBIDDEN` if the app denies it. */
  async session(identity: Identity, sessionId: string, format: ExportFormat): Promise<Export> {
    const { store, access } = this.dependencies;
    await access.require(identity.userId, 'read', sessionId);
    const session = await store.findSession(identity.userId, sessionId);
    if (!session) throw new ChatError('NOT_FOUND');
    const messages = this.messagesOf(session, this.loginCheck(identity));
    const name = `chat-${fileNamePart(session.name ?? '') || session.id}`;
    return format === 'jsonl'
      ? { fileName: `${name}.jsonl`, mediaType: JSON_LINES, chunks: jsonLines(messages) }
      : { fileName: `${name}.md`, mediaType: MARKDOWN, chunks: markdown(session, messages, this.now()) };
  }

  /** The account, its logins and all of its sessions with their messages. Throws `UNAUTHENTICATED` if the account was deleted. */
  async account(identity: Identity): Promise<Export> {
    const user = await this.dependencies.store.findUser(identity.userId);
    if (!user) throw new ChatError('UNAUTHENTICATED');
    const records = this.recordsOf(identity, { type: 'user', user: publicUser(user) });
    const fileName = `smart-chat-${user.username}.jsonl`;
    return { fileName, mediaType: JSON_LINES, chunks: jsonLines(records) };
  }

  private now(): string {
    return timestampOf(this.dependencies.clock());
  }

  private async *recordsOf(identity: Identity, user: object): AsyncGenerator<object[], void> {
    const { userId, loginId } = identity;
    const check = this.loginCheck(identity);
    const logins = await this.dependencies.store.listLogins(userId, this.now());
    yield [
      user,
      ...logins.map(({ id, createdAt, lastUsedAt, expiresAt, userAgent, ip }) => {
        const login = { id, createdAt, lastUsedAt, expiresAt, userAgent, ip, current: id === loginId };
        return { type: 'login', login };
      }),
    ];
    const exported = new Set<string>();
    // A session that leaves the archive meanwhile may be on neither of the first two lists.
    for (const archived of [false, true, false]) {
      for await (const session of this.sessionsOf(userId, archived)) {
        if (exported.has(session.id)) continue;
        exported.add(session.id);
        yield [{ type: 'session', session }];
        for await (const messages of this.messagesOf(session, check))
          yield messages.map((message) => ({ type: 'message', message }));
      }
    }
  }

  private async *sessionsOf(userId: string, archived: boolean): AsyncGenerator<Session, void> {
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = { limit: SESSIONS_PER_PAGE, archived, ...(cursor !== undefined && { cursor }) };
      const found = await this.dependencies.store.listSessions(userId, page, this.now());
      yield* found.sessions;
      cursor = found.nextCursor;
    }
  }

  /** The messages up to the session's `lastSeq`, so that the export of a busy session ends, too. */
  private async *messagesOf(
    { userId, id, lastSeq }: Session,
    checkLogin: () => Promise<void>,
  ): AsyncGenerator<Message[], void> {
    for (let after = 0; after < lastSeq; ) {
      await checkLogin();
      const limit = Math.min(PAGE_SIZE, lastSeq - after);
      const page = await this.dependencies.store.readMessages(userId, id, { after, limit });
      const last = page?.messages.at(-1);
      // The session was deleted meanwhile.
      if (!page || !last) throw new ChatError('NOT_FOUND');
      yield page.messages;
      after = last.seq;
    }
  }

  private loginCheck({ loginId }: Identity): () => Promise<void> {
    let checkedAt = performance.now();
    return async () => {
      if (performance.now() - checkedAt < LOGIN_CHECK_MS) return;
      checkedAt = performance.now();
      const ended = await this.dependencies.store.findEndedLogins([loginId], this.now());
      if (ended.length > 0) throw new ChatError('UNAUTHENTICATED');
    };
  }
}

const JSON_LINES = 'application/x-ndjson; charset=utf-8';
const MARKDOWN = 'text/markdown; charset=utf-8';

/** Some programs also end lines at these characters. */
const OTHER_LINE_ENDS = /[\u0085\u2028\u2029]/g;

async function* jsonLines(batches: AsyncIterable<readonly object[]>): AsyncGenerator<string, void> {
  for await (const batch of batches) yield batch.map(jsonLine).join('');
}

function jsonLine(record: object): string {
  const json = JSON.stringify(record);
  return `${json.replace(OTHER_LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

async function* markdown(
  { name, createdAt, lastSeq }: Session,
  batches: AsyncIterable<readonly Message[]>,
  now: string,
): AsyncGenerator<string, void> {
  const count = `${lastSeq} ${lastSeq === 1 ? 'message' : 'messages'}`;
  yield `# ${literal(name ?? '') || 'Chat'}\n\nStarted ${utc(createdAt)}, exported ${utc(now)}, ${count}.\n`;
  for await (const batch of batches) yield batch.map(toMarkdown).join('');
}

const FINISH: Record<ReplyFinish, string> = {
  stopped: 'This reply was stopped.',
  length: 'This reply was cut off at the length limit.',
  filtered: 'This reply was cut off by a content filter.',
  failed: 'This reply failed.',
};

/**
 * Each content is a block quote, which nothing in it can leave: a heading, an open code fence or an HTML comment of one message would
 * otherwise look like a message, or swallow the next ones.
 */
function toMarkdown({ sender, timestamp, content, finish, model }: Message): string {
  const author = sender === 'user' ? 'You' : `Server${model === undefined ? '' : ` (${literal(model)})`}`;
  const quote = content === '' ? '' : `\n${quoted(content)}\n`;
  return `\n**${author}**, ${utc(timestamp)}:\n${quote}${finish ? `\n*${FINISH[finish]}*\n` : ''}`;
}

/** The line ends of Markdown: https://spec.commonmark.org/0.31.2/#line-ending */
function quoted(content: string): string {
  const lines = content.split(/\r\n|\r|\n/);
  return lines.map((line) => (line === '' ? '>' : `> ${line}`)).join('\n');
}

/** A line as plain text in Markdown, where all ASCII punctuation can be escaped. */
function literal(line: string): string {
  return toLine(line).replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/** Such as `2026-11-25 09:31:07 UTC`. */
function utc(timestamp: string): string {
  return `${timestamp.slice(0, 19).replace('T', ' ')} UTC`;
}

/** Without characters that a file system, a shell or a browser may take for something else. May be empty. */
function fileNamePart(name: string): string {
  const words = toLine(name)
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-/, '');
  return startOf(words, FILE_NAME).replace(/-$/, '');
}
