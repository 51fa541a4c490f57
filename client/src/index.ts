/** The typed client of Smart Chat Server, for browsers and Node.js. */

export { type BranchExchange, branchOf, tipOf, versionsOf } from '../../src/domain/branch';
export type { Draft, DraftState, Message, MessagePage, MessageQuery } from '../../src/domain/message';
export type { Session, SessionChange, SessionChanges, SessionPage } from '../../src/domain/session';
export type { LoginOverview, User } from '../../src/domain/user';
export type {
  ChatClient,
  ChatClientEvents,
  ChatClientOptions,
  ChatSocketOptions,
  ConnectionState,
  ExportedFile,
  FetchFunction,
  FetchResponse,
  LogInInput,
  OutgoingMessage,
  SubscribeOptions,
  Subscription,
} from './chatClient';
export { ChatClientError, type ChatClientErrorCode } from './chatClientError';
export { createChatClient } from './createChatClient';
export { mergeSessions } from './mergeSessions';
export { type ChatStorage, memoryStorage } from './storage';
