import type { Message } from '../../src/domain/message';
import type { SeededSession, SeedInput } from './kit';
import type { ReplyRequest } from './replies';

/** How a server process starts. */
export interface StartCommand {
  type: 'start';
  databasePath: string;
  jwtSecret: string;
  /** By the names of the environment variables. */
  settings: Readonly<Record<string, string>>;
  clockOffsetMs: number;
}

/** What this process asks the server process for, besides replies. */
export interface ServerCalls {
  /** Sets the clock to the time of the machine plus this many milliseconds. */
  moveClock(offsetMs: number): void;
  /** Calls of the database wait until it is not frozen. */
  setFrozen(isFrozen: boolean): void;
  /** The user's session ids, most recently active first. */
  listSessions(userId: string): Promise<string[]>;
  /** All messages of a session; null if it is not the user's. */
  readMessages(userId: string, sessionId: string): Promise<Message[] | null>;
  seed(userId: string, input: SeedInput): Promise<SeededSession[]>;
}

/** To the server process. */
export type Command =
  | StartCommand
  | { type: 'call'; id: number; name: keyof ServerCalls; args: unknown[] }
  | { type: 'piece'; request: number; text: string }
  | { type: 'replied'; request: number }
  | { type: 'replyFailed'; request: number; message: string };

/** From the server process. */
export type Report =
  | { type: 'listening'; port: number; tokenLifetimeMs: number }
  | { type: 'notStarted'; message: string }
  /** `json` is missing if the call returns nothing. */
  | { type: 'result'; id: number; json?: string }
  | { type: 'failed'; id: number; message: string }
  | { type: 'reply'; request: number; prompt: ReplyRequest }
  | { type: 'replyAborted'; request: number };
