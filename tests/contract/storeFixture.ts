import { ChatError, type ErrorCode } from '../../src/domain/errors';
import type { Message } from '../../src/domain/message';
import type { Session } from '../../src/domain/session';
import type { Login } from '../../src/domain/user';
import type { ChatStore, NewExchange, StoredExchange } from '../../src/stores/chatStore';
import { type NamedUser, newLogin, newUser, times } from '../../testkit/builders';

/** Opens a store on the same database each time. */
export type OpenStore = () => Promise<ChatStore>;

/** Names a new, empty database. */
export type NewDatabase = () => OpenStore;

export interface StoreFixture {
  readonly store: ChatStore;
  /** Closes the store and opens it again on the same database. */
  reopen(): Promise<ChatStore>;
}

/** One store for all tests of the surrounding `describe`. */
export function useStore(openStore: OpenStore): StoreFixture {
  let open: ChatStore | undefined;
  beforeAll(async () => {
    open = await openStore();
  });
  afterAll(async () => {
    await open?.close();
  });
  return {
    get store() {
      return present(open);
    },
    async reopen() {
      await open?.close();
      open = undefined;
      open = await openStore();
      return open;
    },
  };
}

/** Opens several stores on the same database, as several nodes do: each call gets to the next one. */
export async function openSpread(count: number, open: OpenStore): Promise<ChatStore> {
  const stores = await Promise.all(times(count, open));
  const [first] = stores;
  if (!first || count === 1) return present(first);
  let turn = 0;
  return new Proxy(first, {
    get(target, name) {
      if (name === 'close') return () => Promise.all(stores.map((store) => store.close()));
      turn = (turn + 1) % count;
      const method: unknown = Reflect.get(stores[turn] ?? target, name);
      return typeof method === 'function' ? method.bind(stores[turn]) : method;
    },
  });
}

/** Returns the value, and fails the test if there is none. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error(`Expected a value, got ${value}`);
  return value;
}

/** Returns the error the promise rejects with, after checking that clients may be told of it under this code. */
export async function chatErrorOf(promise: Promise<unknown>, code: ErrorCode): Promise<ChatError> {
  const error: unknown = await promise.then(
    (value) => new Error(`Expected ${code}, but it resolved to ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ChatError)) throw error;
  expect(error.code).toBe(code);
  return error;
}

export async function addUser(store: ChatStore, fields: Partial<NamedUser> = {}): Promise<NamedUser> {
  const user = newUser(fields);
  await store.createUser(user, newLogin(user.id));
  return user;
}

/** Adds a login of a user who is there, with the password hash the user has. */
export async function addLogin(store: ChatStore, login: Login): Promise<void> {
  const { passwordHash } = present(await store.findUser(login.userId));
  expect(await store.createLogin(login, passwordHash)).toBe(true);
}

/** Appends the exchange to a session that is the user's or nobody's. */
export async function append(store: ChatStore, exchange: NewExchange): Promise<StoredExchange> {
  return present(await store.appendExchange(exchange));
}

/** Appends the exchange, and finds the session as it is then. */
export async function appendAndFind(
  store: ChatStore,
  exchange: NewExchange,
): Promise<StoredExchange & { session: Session }> {
  const stored = await append(store, exchange);
  return { ...stored, session: present(await store.findSession(exchange.userId, exchange.sessionId)) };
}

/** Every message of a session, read in pages. */
export async function readAll(store: ChatStore, userId: string, sessionId: string): Promise<Message[]> {
  const all: Message[] = [];
  for (let hasMore = true; hasMore; ) {
    const page = present(await store.readMessages(userId, sessionId, { after: all.length, limit: 100 }));
    if (page.hasMore) expect(page.messages).not.toEqual([]);
    all.push(...page.messages);
    hasMore = page.hasMore;
  }
  return all;
}

/** 1, 2, 3 … `last`: what the `seq` of a session's messages must be. */
export function seqsTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
