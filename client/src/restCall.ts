import type { Problem } from '../../src/domain/errors';
import type { FetchFunction, FetchResponse } from './chatClient';
import { ChatClientError } from './chatClientError';
import { withTimeout } from './environment';

const REQUEST_TIMEOUT_MS = 15_000;
/** Statuses that proxies return while the server behind them is unavailable. */
const PROXY_STATUSES = [502, 503, 504];

export interface RestRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the origin, including the query. */
  path: string;
  body?: object;
  token?: string;
  /** How long to wait for the response, in milliseconds. */
  timeoutMs?: number;
}

/** Makes one REST call. Rejects with a `ChatClientError`. */
export type RestCall = <T>(request: RestRequest) => Promise<T>;

export function createRestCall(origin: string, fetchFunction: FetchFunction): RestCall {
  return async <T>({ method, path, body, token, timeoutMs = REQUEST_TIMEOUT_MS }: RestRequest) => {
    const headers = {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const { response, text } = await readResponse(origin, timeoutMs, (signal) =>
      fetchFunction(`${origin}${path}`, { ...init, signal }),
    );
    if (!response.ok) throw toError(response, text);
    const { value }: { value: T } = {
      value: response.status === 204 ? undefined : parseJson(response, text),
    };
    return value;
  };
}

/** Includes the body, because the connection can also be lost while it is read. */
async function readResponse(
  origin: string,
  timeoutMs: number,
  call: (signal: AbortSignal) => Promise<FetchResponse>,
) {
  const answer = withTimeout(timeoutMs, async (signal) => {
    const response = await call(signal);
    return { response, text: await response.text() };
  });
  return answer.catch((cause: unknown) => {
    const message = `The server at ${origin} can't be reached. Check the network and the address.`;
    throw new ChatClientError('OFFLINE', message, { cause });
  });
}

function parseJson(response: FetchResponse, text: string) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unknownServerError(response, cause);
  }
}

function toError(response: FetchResponse, text: string): ChatClientError {
  const { status } = response;
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const wait = Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {};
  if (response.headers.get('Content-Type')?.includes('problem+json')) {
    const { code, detail, errors, requestId }: Problem = parseJson(response, text);
    return new ChatClientError(code, detail, { status, requestId, ...wait, ...(errors && { errors }) });
  }
  if (PROXY_STATUSES.includes(status)) {
    const message = 'The server is temporarily unavailable. Try again shortly.';
    return new ChatClientError('UNAVAILABLE', message, { status, ...wait });
  }
  return unknownServerError(response);
}

function unknownServerError({ url, status }: FetchResponse, cause?: unknown): ChatClientError {
  const message = `The response from ${url} is not from a Smart Chat Server. Check the address.`;
  return new ChatClientError('BAD_RESPONSE', message, { status, cause });
}
