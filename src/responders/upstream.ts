import { readStream, readWhole, type StreamProgress } from './completionStream';
import { failureOf, isRecord, type ReplyPart, ResponderFailure, retryAfterOf } from './responder';

/** How long a request may take, in milliseconds. */
export interface UpstreamTimeouts {
  /** Until the first text or reasoning arrives. */
  firstTokenTimeoutMs: number;
  /** Between two arrivals after that. Comments of the stream count. */
  idleTimeoutMs: number;
  /** For the whole reply. */
  timeoutMs: number;
}

/** Receives the status of the response to each request; null if none has come. */
export type OnResponse = (status: number | null) => void;

export interface UpstreamRequest {
  url: string;
  headers: Record<string, string>;
  /** JSON. */
  body: string;
  onResponse: OnResponse;
  /** Texts that must not appear in an error, although the provider may repeat them. */
  secrets: readonly string[];
}

/** How long to wait for the usage after the text is complete. */
const USAGE_TIMEOUT_MS = 2_000;
/** The largest body of a response that is not a stream. */
const MAX_BODY_BYTES = 1_048_576;

/**
 * Posts a request for a reply and yields its parts. When `signal` aborts, or the caller stops reading, the connection is closed at
 * once, which stops the model. Throws a `ResponderFailure` for everything else that goes wrong.
 */
export async function* requestReply(
  request: UpstreamRequest,
  timeouts: UpstreamTimeouts,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const watchdog = new Watchdog(timeouts, signal);
  try {
    const response = await post(request, watchdog.signal);
    if (!response.ok) throw await refusalOf(response);
    yield* readReply(response, watchdog);
  } catch (error) {
    signal.throwIfAborted();
    throw withoutSecrets(toFailure(error), request.secrets);
  } finally {
    watchdog.close();
  }
}

async function post(
  { url, headers, body, onResponse }: UpstreamRequest,
  signal: AbortSignal,
): Promise<Response> {
  let status: number | null = null;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body,
      // A redirect could lead the key to another host.
      redirect: 'manual',
      signal,
    });
    status = response.status;
    return response;
  } finally {
    onResponse(status);
  }
}

async function* readReply(response: Response, progress: StreamProgress): AsyncGenerator<ReplyPart> {
  if (response.headers.get('content-type')?.includes('json')) yield* readWhole(await bodyText(response));
  else if (response.body) yield* readStream(response.body, progress);
  else throw new ResponderFailure('passing', 'the responder sent no body');
}

async function refusalOf(response: Response): Promise<ResponderFailure> {
  const { status, headers } = response;
  if (status < 400) {
    return new ResponderFailure(
      'permanent',
      `the responder redirects with status ${status}; set RESPONDER_URL to the address it redirects to`,
    );
  }
  const body = await bodyText(response).catch(() => '');
  return failureOf(status, errorIn(body), retryAfterOf(headers, Date.now()));
}

/** The error in the body of a response: JSON of a provider, or the text of a proxy. */
function errorIn(body: string): unknown {
  try {
    const json: unknown = JSON.parse(body);
    const first: unknown = Array.isArray(json) ? json[0] : json;
    if (!isRecord(first)) return body;
    return first.error ?? { message: first.detail, ...first };
  } catch {
    return body;
  }
}

async function bodyText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new ResponderFailure('permanent', 'the response is too large');
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function toFailure(error: unknown): ResponderFailure {
  if (error instanceof ResponderFailure) return error;
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return new ResponderFailure('passing', `the connection to the responder failed: ${reason}`);
}

function withoutSecrets(failure: ResponderFailure, secrets: readonly string[]): ResponderFailure {
  const message = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), failure.message);
  return new ResponderFailure(failure.kind, message, failure.retryAfterMs);
}

/** Aborts a request that takes too long, or that its caller aborts. */
class Watchdog implements StreamProgress {
  private readonly controller = new AbortController();
  /** Aborted with the reason. */
  readonly signal = this.controller.signal;
  private readonly total: NodeJS.Timeout;
  /** For what is expected next. */
  private next: NodeJS.Timeout;
  private phase: 'waiting' | 'reading' | 'completed' = 'waiting';

  constructor(
    private readonly timeouts: UpstreamTimeouts,
    private readonly caller: AbortSignal,
  ) {
    if (caller.aborted) this.onCallerAbort();
    caller.addEventListener('abort', this.onCallerAbort);
    this.total = this.timer(timeouts.timeoutMs, 'the reply took too long');
    this.next = this.timer(timeouts.firstTokenTimeoutMs, 'no text arrived in time');
  }

  private readonly onCallerAbort = () => this.controller.abort(this.caller.reason);

  received(): void {
    if (this.phase === 'reading') this.next.refresh();
  }

  progressed(): void {
    if (this.phase === 'waiting') this.enter('reading', this.timeouts.idleTimeoutMs);
  }

  completed(): void {
    if (this.phase !== 'completed') this.enter('completed', USAGE_TIMEOUT_MS);
  }

  /** Ends the request, if it hasn't ended. */
  close(): void {
    clearTimeout(this.total);
    clearTimeout(this.next);
    this.caller.removeEventListener('abort', this.onCallerAbort);
    this.controller.abort();
  }

  private enter(phase: 'reading' | 'completed', timeoutMs: number): void {
    this.phase = phase;
    clearTimeout(this.next);
    this.next = this.timer(timeoutMs, 'the stream fell silent');
  }

  private timer(timeoutMs: number, reason: string): NodeJS.Timeout {
    return setTimeout(() => this.controller.abort(new ResponderFailure('passing', reason)), timeoutMs);
  }
}
