import {
  type ChatClient,
  type ChatClientError,
  type ChatClientEvents,
  type ChatClientOptions,
  createChatClient,
  type Message,
  memoryStorage,
  type Subscription,
} from '../../client/src';
import { uniqueName } from '../../testkit/builders';
import { PASSWORD } from '../support/client';
import { documentedFetch } from '../support/documents/fetch';

const openClients = new Set<ChatClient>();

afterEach(() => {
  for (const client of openClients) client.close();
  openClients.clear();
});

/** A client with its own storage and short delays. It is closed at the end of the test. */
export function newClient(options: ChatClientOptions): ChatClient {
  const client = createChatClient({
    storage: memoryStorage(),
    fetch: documentedFetch,
    ...options,
    socketOptions: { reconnectionDelay: 20, reconnectionDelayMax: 100, ...options.socketOptions },
  });
  openClients.add(client);
  return client;
}

/** A client that has signed up with a new account. */
export async function signedUp(options: ChatClientOptions): Promise<ChatClient> {
  const client = newClient(options);
  await client.signUp(newAccount());
  return client;
}

export function newAccount() {
  const username = uniqueName();
  return { username, email: `${username}@example.com`, password: PASSWORD };
}

/** Resolves with the value of the next event that meets the condition. */
export function next<E extends keyof ChatClientEvents>(
  client: ChatClient,
  event: E,
  condition: (value: ChatClientEvents[E]) => boolean = () => true,
): Promise<ChatClientEvents[E]> {
  return new Promise((resolve) => {
    const stop = client.on(event, (value) => {
      if (!condition(value)) return;
      stop();
      resolve(value);
    });
  });
}

/** Resolves when the client is connected. */
export async function online(client: ChatClient): Promise<void> {
  if (client.connection !== 'online') await next(client, 'connection', (state) => state === 'online');
}

/** The messages that a subscription has delivered, in order. */
export interface Seen {
  messages: Message[];
  subscription: Subscription;
  /** Resolves when this `seq` is delivered. */
  until(seq: number): Promise<void>;
  /** Resolves with the error that ended the subscription. */
  ended: Promise<ChatClientError>;
}

/** Subscribes and records the messages. */
export function follow(client: ChatClient, sessionId: string, after?: number): Seen {
  const messages: Message[] = [];
  const waiting = new Set<() => void>();
  let end: (error: ChatClientError) => void = () => {};
  const ended = new Promise<ChatClientError>((resolve) => {
    end = resolve;
  });
  const subscription = client.subscribe(sessionId, {
    ...(after !== undefined && { after }),
    onMessage(message) {
      messages.push(message);
      for (const look of waiting) look();
    },
    onError: end,
  });
  const until = (seq: number) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!messages.some((message) => message.seq === seq)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { messages, subscription, until, ended };
}

export const contentsOf = (messages: readonly { content: string }[]) =>
  messages.map(({ content }) => content);

export const seqsOf = (messages: readonly Message[]) => messages.map(({ seq }) => seq);

/** The whole history of a session. */
export async function wholeHistory(client: ChatClient, sessionId: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (let hasMore = true; hasMore; ) {
    const page = await client.history(sessionId, { after: messages.at(-1)?.seq ?? 0, limit: 100 });
    messages.push(...page.messages);
    hasMore = page.hasMore;
  }
  return messages;
}

/** A `fetch` that counts its calls by path. */
export function countedFetch() {
  const paths: string[] = [];
  const waiting = new Set<() => void>();
  const counted: typeof fetch = (input, init) => {
    paths.push(new URL(String(input)).pathname);
    for (const look of waiting) look();
    return documentedFetch(input, init);
  };
  const count = (path: string) => paths.filter((called) => called === path).length;
  return {
    fetch: counted,
    count,
    /** Resolves when the path was called this many times. */
    until: (path: string, times: number) =>
      new Promise<void>((resolve) => {
        const look = () => void (count(path) >= times && resolve());
        waiting.add(look);
        look();
      }),
  };
}
