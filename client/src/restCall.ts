import type { Problem } from '../../src/domain/errors';
import type { ExportedFile, FetchFunction, FetchResponse } from './chatClient';
import { ChatClientError } from './chatClientError';
import { environment, withTimeout } from './environment';

const REQUEST_TIMEOUT_MS = 15_000;
/** Statuses that proxies return while the server behind them is unavailable. */
const PROXY_STATUSES = [502, 503, 504];

export interface RestRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the origin, including the query. */
  path: string;
  body?: object;
  token?: string;
  /** The response is a download; the result is an `ExportedFile`. */
  isDownload?: true;
  /** How long to wait for the response, in milliseconds. */
  timeoutMs?: number;
}

/** Makes one REST call. Rejects with a `ChatClientError`. */
export type RestCall = <T>(request: RestRequest) => Promise<T>;

export function createRestCall(origin: string, fetchFunction: FetchFunction): RestCall {
  return async <T>({
    method,
    path,
    body,
    token,
    isDownload,
    timeoutMs = REQUEST_TIMEOUT_MS,
  }: RestRequest) => {
    const headers = {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const { response, text } = await readResponse(origin, timeoutMs, fetchFunction, (signal) =>
      fetchFunction(`${origin}${path}`, { ...init, signal }),
    );
    if (!response.ok) throw toError(response, text);
    const read = isDownload ? () => JSON.stringify(toFile(response, text)) : () => text;
    const { value }: { value: T } = {
      value: response.status === 204 ? undefined : parseJson(response, read()),
    };
    return value;
  };
}

/** How long to wait for the responses that show why a request failed, in milliseconds. */
const DIAGNOSIS_TIMEOUT_MS = 3_000;

const LOOPBACK_TLS = /^https:\/\/(localhost|127(\.\d+){3}|\[::1\])(:|$)/;

/**
 * Browsers don't say whether the server is unreachable or refuses the origin of the page. Every page may read `/healthz`, but only
 * pages of allowed origins may read `/readyz`.
 */
async function unreachableMessage(
  origin: string,
  cause: unknown,
  fetchFunction: FetchFunction,
): Promise<string> {
  const pageOrigin = environment.location?.origin;
  const canRead = (path: string, from = origin) =>
    withTimeout(DIAGNOSIS_TIMEOUT_MS, (signal) =>
      fetchFunction(`${from}${path}`, { method: 'GET', headers: {}, signal }),
    ).then(
      () => true,
      () => false,
    );
  const plain = LOOPBACK_TLS.test(origin) ? origin.replace('https:', 'http:') : null;
  if (plain !== null && (await canRead('/healthz', plain)))
    return `The server at ${plain} has no TLS: use this address, not ${origin}.`;
  const isRefused =
    pageOrigin !== undefined &&
    pageOrigin !== origin &&
    // The error of `fetch`; there is another one after a timeout.
    cause instanceof Error &&
    cause.name === 'TypeError' &&
    (await canRead('/healthz')) &&
    !(await canRead('/readyz'));
  if (!isRefused) return `The server at ${origin} can't be reached. Check the network and the address.`;
  if (pageOrigin === 'null')
    return `The server at ${origin} refuses pages that are opened from a file. Serve this page over HTTP.`;
  return `The server at ${origin} refuses pages of ${pageOrigin}. Add ${pageOrigin} to CORS_ORIGIN in the server's .env.`;
}

/** Includes the body, because the connection can also be lost while it is read. */
async function readResponse(
  origin: string,
  timeoutMs: number,
  fetchFunction: FetchFunction,
  call: (signal: AbortSignal) => Promise<FetchResponse>,
) {
  const answer = withTimeout(timeoutMs, async (signal) => {
    const response = await call(signal);
    return { response, text: await response.text() };
  });
  return answer.catch(async (cause: unknown) => {
    throw new ChatClientError('OFFLINE', await unreachableMessage(origin, cause, fetchFunction), { cause });
  });
}

function toFile({ headers }: FetchResponse, content: string): ExportedFile {
  const disposition = headers.get('Content-Disposition') ?? '';
  const encoded = /filename\*=UTF-8''([^;]+)/.exec(disposition)?.[1];
  const plain = /filename="?([^";]+)/.exec(disposition)?.[1];
  const fileName = encoded === undefined ? (plain ?? 'export.txt') : decodeURIComponent(encoded);
  return { fileName, mediaType: headers.get('Content-Type') ?? 'text/plain', content };
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
