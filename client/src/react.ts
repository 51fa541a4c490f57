'use client';
/**
 * React hooks for a `ChatClient`. All components share what is loaded, and nothing is loaded or followed before a component is mounted, so
 * that StrictMode, Suspense and rendering on a server cause no second subscription.
 */
import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useMemo,
  useSyncExternalStore,
} from 'react';
import type { User } from '../../src/domain/user';
import type { ChatClient, ConnectionState } from './chatClient';
import { stateOf } from './state/clientState';
import type { Live } from './state/liveState';
import type { MessageActions, MessageListState } from './state/messageList';
import type { SessionListState } from './state/sessionList';

export type { LoadStatus } from './state/liveState';
export type { MessageActions, MessageListState } from './state/messageList';
export type { SessionListState } from './state/sessionList';

const ClientContext = createContext<ChatClient | null>(null);

/** Provides the hooks below it with a client. Create the client once, outside of components. */
export function ChatProvider({ client, children }: { client: ChatClient; children?: ReactNode }): ReactNode {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest `ChatProvider`, for its other methods. Throws without one. */
export function useChatClient(): ChatClient {
  const client = useContext(ClientContext);
  if (!client)
    throw new Error(
      'There is no chat client here. Put <ChatProvider client={client}> around this component.',
    );
  return client;
}

/** The logged-in user, or null. On a server, and until the page is hydrated, null. */
export function useUser(): User | null {
  return useLive(stateOf(useChatClient()).user);
}

/** Whether the client is connected. */
export function useConnection(): ConnectionState {
  return useLive(stateOf(useChatClient()).connection);
}

export interface Sessions extends SessionListState {
  /** Loads the next page. Resolves when it is loaded, or could not be, which `error` says. */
  loadMore(): Promise<void>;
}

/** The sessions of the user, kept up to date with all devices. To change them, call `useChatClient().sessions`. */
export function useSessions(): Sessions {
  const list = stateOf(useChatClient()).sessions;
  const state = useLive(list);
  return useMemo(() => ({ ...state, loadMore: list.loadMore }), [state, list]);
}

export interface Messages extends MessageListState, MessageActions {}

/**
 * The messages of a session, kept up to date through lost connections. A session that doesn't exist has the error `NOT_FOUND` until the
 * first `send` creates it.
 */
export function useMessages(sessionId: string): Messages {
  const list = stateOf(useChatClient()).messages(sessionId);
  const state = useLive(list);
  return useMemo(() => ({ ...state, ...list.actions }), [state, list]);
}

function useLive<T>({ subscribe, get, initial }: Live<T>): T {
  return useSyncExternalStore(subscribe, get, () => initial);
}
