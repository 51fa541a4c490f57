/**
 * Vue composables for a `ChatClient`. All components share what is loaded. Nothing is loaded or followed before a component is mounted, so
 * they can be rendered on a server.
 */
import {
  type ComputedRef,
  computed,
  type InjectionKey,
  inject,
  type MaybeRefOrGetter,
  onMounted,
  type Plugin,
  type ShallowRef,
  shallowRef,
  toValue,
  watch,
} from 'vue';
import type { User } from '../../src/domain/user';
import type { ChatClient, ConnectionState } from './chatClient';
import { stateOf } from './state/clientState';
import type { Live } from './state/liveState';
import type { MessageActions, MessageListState } from './state/messageList';
import type { SessionListState } from './state/sessionList';

export type { LoadStatus } from './state/liveState';
export type { MessageActions, MessageListState } from './state/messageList';
export type { SessionListState } from './state/sessionList';

const CLIENT: InjectionKey<ChatClient> = Symbol('smart-chat-client');

/** The plugin that provides all components of an app with a client: `app.use(createChat(client))`. */
export function createChat(client: ChatClient): Plugin {
  return { install: (app) => void app.provide(CLIENT, client) };
}

/** The client of the app, for its other methods. Throws without one. */
export function useChatClient(): ChatClient {
  const client = inject(CLIENT, null);
  if (!client)
    throw new Error(
      'There is no chat client in this app. Call app.use(createChat(client)) before you mount it.',
    );
  return client;
}

/** The logged-in user, or null. On a server, and until the component is mounted, null. */
export function useUser(): Readonly<ShallowRef<User | null>> {
  const { user } = stateOf(useChatClient());
  return useLive(() => user);
}

/** Whether the client is connected. */
export function useConnection(): Readonly<ShallowRef<ConnectionState>> {
  const { connection } = stateOf(useChatClient());
  return useLive(() => connection);
}

/** A ref for each property of `T`. */
export type Refs<T> = { readonly [K in keyof T]: ComputedRef<T[K]> };

export interface Sessions extends Refs<SessionListState> {
  /** Loads the next page. Resolves when it is loaded, or could not be, which `error` says. */
  loadMore(): Promise<void>;
}

/** The sessions of the user, kept up to date with all devices. To change them, call `useChatClient().sessions`. */
export function useSessions(): Sessions {
  const list = stateOf(useChatClient()).sessions;
  const state = useLive(() => list);
  return {
    sessions: computed(() => state.value.sessions),
    status: computed(() => state.value.status),
    error: computed(() => state.value.error),
    hasMore: computed(() => state.value.hasMore),
    loadMore: list.loadMore,
  };
}

export interface Messages extends Refs<MessageListState>, MessageActions {}

/**
 * The messages of a session, which may be a ref or a getter, kept up to date through lost connections. A session that doesn't exist has the
 * error `NOT_FOUND` until the first `send` creates it.
 */
export function useMessages(sessionId: MaybeRefOrGetter<string>): Messages {
  const all = stateOf(useChatClient());
  const list = () => all.messages(toValue(sessionId));
  const state = useLive(list);
  return {
    messages: computed(() => state.value.messages),
    unsent: computed(() => state.value.unsent),
    drafts: computed(() => state.value.drafts),
    status: computed(() => state.value.status),
    error: computed(() => state.value.error),
    hasEarlier: computed(() => state.value.hasEarlier),
    send: (...input) => list().actions.send(...input),
    edit: (...input) => list().actions.edit(...input),
    regenerate: (...input) => list().actions.regenerate(...input),
    stop: (...input) => list().actions.stop(...input),
    loadEarlier: () => list().actions.loadEarlier(),
  };
}

function useLive<T>(live: () => Live<T>): Readonly<ShallowRef<T>> {
  const value = shallowRef(live().initial);
  onMounted(() => {
    watch(
      live,
      (current, _previous, onCleanup) => {
        const show = () => {
          value.value = current.get();
        };
        show();
        onCleanup(current.subscribe(show));
      },
      { immediate: true },
    );
  });
  return value;
}
