/**
 * Replacements for globals that some environments lack or implement in part. React Native, for example, has a `window` without
 * events, no `document`, and a `URL` that can't be read.
 */

/** The globals that may be missing. */
export const environment: {
  addEventListener?: typeof addEventListener;
  removeEventListener?: typeof removeEventListener;
  document?: Partial<Document>;
  location?: Partial<Location>;
  navigator?: Partial<Navigator>;
  crypto?: Partial<Crypto>;
  performance?: Partial<Performance>;
  BroadcastChannel?: typeof BroadcastChannel;
  AbortController?: typeof AbortController;
  fetch?: typeof fetch;
} = globalThis;

/** Throws a `TypeError` that names what a client can't work without. */
export function requireGlobals(hasOwnFetch: boolean): void {
  if (!hasOwnFetch && typeof environment.fetch !== 'function') {
    throw new TypeError('There is no global fetch. Pass one: createChatClient({ url, fetch }).');
  }
  if (typeof environment.AbortController !== 'function') {
    throw new TypeError('There is no global AbortController. Load a polyfill before the chat client.');
  }
}

const ORIGIN = /^(https?):\/\/(\[[\da-f:.]+\]|[^\s/\\?#@:[\]]+)(?::(\d{1,5}))?(?:[/?#]|$)/i;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** The origin of an HTTP URL, as `URL` writes it. Throws a `TypeError` for any other text. */
export function originOf(url: string): string {
  const [, scheme = '', host = '', port = ''] =
    ORIGIN.exec(url)?.map((part = '') => part.toLowerCase()) ?? [];
  if (scheme === '') {
    throw new TypeError(`The url must be the server's origin, such as https://chat.example.com: ${url}`);
  }
  return `${scheme}://${host}${port === '' || port === DEFAULT_PORTS[scheme] ? '' : `:${Number(port)}`}`;
}

/** Milliseconds since some moment. They don't jump where the clock is set, if the environment can tell. */
export function monotonicMs(): number {
  return environment.performance?.now?.() ?? Date.now();
}

/**
 * Returns a new UUID of version 7, which begins with the time: the database's index of them grows at its end, where random ones would touch
 * a page each. `crypto.randomUUID` makes random ones, and is missing on pages served over plain HTTP.
 */
export function newId(): string {
  const bytes = randomBytes(16);
  const now = Date.now();
  // Six bytes of time in milliseconds, the most significant one first, then the version and the variant.
  for (let index = 0; index < 6; index += 1) bytes[index] = Math.floor(now / 256 ** (5 - index)) % 256;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Ids must be unique, not secret, so `Math.random` serves where there is no `crypto`. */
function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  if (typeof environment.crypto?.getRandomValues === 'function') {
    return environment.crypto.getRandomValues(bytes);
  }
  return bytes.map(() => Math.floor(Math.random() * 256));
}

const BASE64_URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Decodes Base64url. Each byte is one character of the result. */
export function decodeBase64Url(text: string): string {
  let bits = 0;
  let bitCount = 0;
  let decoded = '';
  for (const character of text) {
    bits = ((bits << 6) | BASE64_URL.indexOf(character)) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    decoded += String.fromCharCode((bits >> bitCount) & 0xff);
  }
  return decoded;
}

/**
 * Runs a task with a signal that is aborted after this time. Then it rejects, even if the task ignores the signal, as some
 * implementations of `fetch` do.
 */
export async function withTimeout<T>(
  milliseconds: number,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`There was no response within ${milliseconds} ms.`));
      controller.abort();
    }, milliseconds);
  });
  try {
    return await Promise.race([task(controller.signal), expired]);
  } finally {
    clearTimeout(timer);
  }
}
