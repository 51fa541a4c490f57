/**
 * Svelte stores for a `ChatClient`. All subscribers share what is loaded. A component that is rendered on a server subscribes only for a
 * moment, so nothing is loaded there.
 */
import type { User } from '../../src/domain/user';
import type { ChatClient, ConnectionState } from './chatClient';
import { stateOf } from './state/clientState';
import type { Live } from './state/liveState';
import type { MessageActions, MessageListState } from './state/messageList';
import type { SessionListState } from './state/sessionList';

export type { LoadStatus } from './state/liveState';
export type { MessageActions, MessageListState } from './state/messageList';
export type { SessionListState } from './state/sessionList';

/** A store as Svelte defines it, so that this package needs nothing of Svelte. */
export interface ReadableStore<T> {
  /** Calls `run` at once and after each change. Returns a function that ends it. */
  subscribe(run: (value: T) => void): () => void;
}

/** The logged-in user, or null. */
export function userStore(client: ChatClient): ReadableStore<User | null> {
  return toStore(stateOf(client).user);
}

/** Whether the client is connected. */
export function connectionStore(client: ChatClient): ReadableStore<ConnectionState> {
  return toStore(stateOf(client).connection);
}

export interface SessionStore extends ReadableStore<SessionListState> {
  /** Loads the next page. Resolves when it is loaded, or could not be, which `error` says. */
  loadMore(): Promise<void>;
}

/** The sessions of the user, kept up to date with all devices. To change them, call `client.sessions`. */
export function sessionStore(client: ChatClient): SessionStore {
  const list = stateOf(client).sessions;
  return { ...toStore(list), loadMore: list.loadMore };
}

export interface MessageStore extends ReadableStore<MessageListState>, MessageActions {}

/**
 * The messages of a session, kept up to date through lost connections. A session that doesn't exist has the error `NOT_FOUND` until the
 * first `send` creates it.
 */
export function messageStore(client: ChatClient, sessionId: string): MessageStore {
  const list = stateOf(client).messages(sessionId);
  return { ...toStore(list), ...list.actions };
}

function toStore<T>({ get, subscribe }: Live<T>): ReadableStore<T> {
  return {
    subscribe(run) {
      const show = () => run(get());
      show();
      return subscribe(show);
    },
  };
}
