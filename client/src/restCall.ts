import type { Problem } from '../../src/domain/errors';
import { ChatClientError } from './chatClientError';

/** A REST call is given up after this time. */
const TIMEOUT_MS = 15_000;
/** What proxies answer while no server is behind them. */
const AWAY = [502, 503, 504];

export interface RestRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the origin, with its query. */
  path: string;
  body?: object;
  token?: string;
}

/** Makes one REST call. Rejects with a `ChatClientError`. */
export type RestCall = <T>(request: RestRequest) => Promise<T>;

/** Speaks to the server at this origin. */
export function createRestCall(origin: string, fetcher: typeof fetch): RestCall {
  return async <T>({ method, path, body, token }: RestRequest) => {
    const headers = {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const { response, text } = await reach(origin, () =>
      fetcher(`${origin}${path}`, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }),
    );
    if (!response.ok) throw failureOf(response, text);
    const { value }: { value: T } = { value: response.status === 204 ? undefined : parse(response, text) };
    return value;
  };
}

/** The answer with its whole text: the connection may be lost in the middle of it, too. */
async function reach(origin: string, call: () => Promise<Response>) {
  try {
    const response = await call();
    return { response, text: await response.text() };
  } catch (cause) {
    const message = `The server at ${origin} can't be reached. Check the network and the address.`;
    throw new ChatClientError('OFFLINE', message, { cause });
  }
}

function parse({ url, status }: Response, text: string) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `What answers at ${url} is no Smart Chat Server. Check the address.`;
    throw new ChatClientError('BAD_RESPONSE', message, { status, cause });
  }
}

function failureOf(response: Response, text: string): ChatClientError {
  const { status } = response;
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const wait = Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {};
  if (response.headers.get('Content-Type')?.includes('problem+json')) {
    const { code, detail, errors, requestId }: Problem = parse(response, text);
    return new ChatClientError(code, detail, { status, requestId, ...wait, ...(errors && { errors }) });
  }
  if (AWAY.includes(status)) {
    return new ChatClientError('UNAVAILABLE', 'The server is away. Try again shortly.', { status, ...wait });
  }
  const message = `${response.url} answered ${status} in a way no Smart Chat Server does. Check the address.`;
  return new ChatClientError('BAD_RESPONSE', message, { status });
}
