import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../domain/errors';
import { KEEP_ALIVE_MS } from '../utils/httpListener';
import { timeOfUuid } from '../utils/uuid';
import type { CompletedRequest, LimitName, ServerMeter, ServerState } from './serverMeter';

/** Records a server's events as Prometheus metrics. Each has its own registry, so servers in one process don't share counts. */
export interface PrometheusMeter extends ServerMeter {
  /** Adds the default metrics of prom-client: memory, CPU, event loop and garbage collection. Call it once per process. */
  addProcessMetrics(): void;
  /** Returns all metrics in the text format of Prometheus. */
  scrape(): Promise<string>;
  /** The `Content-Type` of a scrape. */
  readonly contentType: string;
}

/** Histogram buckets in seconds: from a write to a fast disk up to the 3 s deadline of every call. */
const CALL_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Buckets for replies, which may come from a slow language model. */
const REPLY_SECONDS = [...CALL_SECONDS, 5, 10, 30, 60];

const COMMIT_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

const LIMITS: readonly LimitName[] = ['attempts', 'wrong passwords', 'connections', 'messages', 'tokens'];

/** How a streamed reply ends. */
const FINISHES = ['complete', 'length', 'filtered', 'stopped', 'failed'];

const AUTH_CODES: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'INVALID_CREDENTIALS',
  'TOKEN_EXPIRED',
  'TOKEN_REUSED',
];

export function createPrometheusMeter(): PrometheusMeter {
  const registry = new Registry();
  const registers = [registry];
  const store = createStoreMeter(registers);
  const requestCompleted = createRequestCounter(registers);
  const { slowReaderDropped, ...sockets } = createSocketMeter(registers);
  const { refused, ...refusals } = createRefusalMeter(registers);
  return {
    ...refusals,
    store,
    sockets: { ...sockets, refused },
    replies: createReplyMeter(registers),
    requestCompleted(request) {
      requestCompleted(request);
      if (request.failure) refused('rest', request.failure.code);
    },
    slowReaderDropped,
    observe: (state) => createStateGauges(registers, state),
    addProcessMetrics: () => collectDefaultMetrics({ register: registry }),
    scrape: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function createStoreMeter(registers: Registry[]): ServerMeter['store'] {
  // Plain numbers, copied on a scrape: each message is counted, and prom-client builds a hash on every `inc` with labels.
  const stored = { user: 0, server: 0 };
  new Counter({
    registers,
    name: 'chat_messages_stored_total',
    help: 'Messages that were stored, by sender: user or server.',
    labelNames: ['sender'],
    collect() {
      this.reset();
      this.inc({ sender: 'user' }, stored.user);
      this.inc({ sender: 'server' }, stored.server);
    },
  });
  const duplicates = new Counter({
    registers,
    name: 'chat_message_duplicates_total',
    help: 'Messages that were sent again after they had been stored.',
  });
  const replies = new Histogram({
    registers,
    name: 'chat_reply_duration_seconds',
    help: 'Time from receiving a user message to storing its reply.',
    buckets: REPLY_SECONDS,
  });
  const commitTimes = new Histogram({
    registers,
    name: 'chat_commit_duration_seconds',
    help: 'SQLite: time from queueing writes to the database thread until they are on disk.',
    buckets: CALL_SECONDS,
  });
  const commitSizes = new Histogram({
    registers,
    name: 'chat_commit_writes',
    help: 'SQLite: number of writes in a commit.',
    buckets: COMMIT_SIZES,
  });
  const calls = new Histogram({
    registers,
    name: 'chat_store_call_duration_seconds',
    help: 'Duration of database calls, including the time in the queue.',
    labelNames: ['call'],
    buckets: CALL_SECONDS,
  });
  const failures = new Counter({
    registers,
    name: 'chat_store_failures_total',
    help: 'Calls that failed because of the database, by error code.',
    labelNames: ['code'],
  });
  for (const code of ['UNAVAILABLE', 'INTERNAL']) failures.inc({ code }, 0);
  return {
    called: (call, seconds) => calls.observe({ call }, seconds),
    failed: ({ code }) => failures.inc({ code }),
    messageStored(sender) {
      stored[sender] += 1;
    },
    duplicateFound: () => duplicates.inc(),
    // The id of the message has the time at which it was received.
    replied: (messageId) => replies.observe(Math.max(0, Date.now() - timeOfUuid(messageId)) / 1000),
    committed(writes, seconds) {
      commitSizes.observe(writes);
      commitTimes.observe(seconds);
    },
  };
}

function createReplyMeter(registers: Registry[]): ServerMeter['replies'] {
  const firstTexts = new Histogram({
    registers,
    name: 'chat_responder_first_text_seconds',
    help: 'Time from a request to a streaming responder to its first text.',
    buckets: REPLY_SECONDS,
  });
  const durations = new Histogram({
    registers,
    name: 'chat_responder_request_duration_seconds',
    help: 'Time from a request to a streaming responder to its end.',
    buckets: [...REPLY_SECONDS, 120, 300, 600],
  });
  const ended = new Counter({
    registers,
    name: 'chat_streamed_replies_total',
    help: 'Streamed replies that were stored or given up, by finish.',
    labelNames: ['finish'],
  });
  const responses = new Counter({
    registers,
    name: 'chat_responder_requests_total',
    help: 'Requests to the model or webhook, by the status of the response. Status "none": no response has come.',
    labelNames: ['status'],
  });
  const tokens = new Counter({
    registers,
    name: 'chat_responder_tokens_total',
    help: 'Tokens of the requests to streaming responders, by kind: prompt or completion.',
    labelNames: ['kind'],
  });
  for (const finish of FINISHES) ended.inc({ finish }, 0);
  for (const kind of ['prompt', 'completion']) tokens.inc({ kind }, 0);
  return {
    requestEnded({ promptTokens, completionTokens }, seconds, firstTextSeconds) {
      durations.observe(seconds);
      if (firstTextSeconds !== null) firstTexts.observe(firstTextSeconds);
      tokens.inc({ kind: 'prompt' }, promptTokens);
      tokens.inc({ kind: 'completion' }, completionTokens);
    },
    replyEnded: (finish) => ended.inc({ finish }),
    responded: (status) => responses.inc({ status: status === null ? 'none' : String(status) }),
  };
}

/** Labels hold route patterns and methods only, so clients can't create time series at will. */
function createRequestCounter(registers: Registry[]): (request: CompletedRequest) => void {
  const requests = new Counter({
    registers,
    name: 'http_requests_total',
    help: 'Completed REST requests. Status "aborted": the client disconnected first. Route "none": no route matched.',
    labelNames: ['method', 'route', 'status'],
  });
  const durations = new Histogram({
    registers,
    name: 'http_request_duration_seconds',
    help: 'Time from the head of a REST request to the end of its response.',
    labelNames: ['method', 'route'],
    buckets: CALL_SECONDS,
  });
  return ({ method, route, status, seconds }) => {
    const labels = { method, route: route ?? 'none' };
    requests.inc({ ...labels, status: status === null ? 'aborted' : String(status) });
    durations.observe(labels, seconds);
  };
}

function createSocketMeter(registers: Registry[]) {
  const connected = new Counter({
    registers,
    name: 'chat_sockets_connected_total',
    help: 'Sockets that were admitted.',
  });
  const disconnected = new Counter({
    registers,
    name: 'chat_sockets_disconnected_total',
    help: 'Sockets that disconnected, by the reason that Socket.IO reports.',
    labelNames: ['reason'],
  });
  const slowReaders = new Counter({
    registers,
    name: 'chat_slow_readers_total',
    help: 'Connections that were dropped because the client did not read its data.',
  });
  return {
    connected: () => connected.inc(),
    disconnected: (reason: string) => disconnected.inc({ reason }),
    slowReaderDropped: () => slowReaders.inc(),
  };
}

function createRefusalMeter(registers: Registry[]) {
  const refusals = new Counter({
    registers,
    name: 'chat_refusals_total',
    help: 'Refused requests, by error code, via "rest", "handshake" or "event".',
    labelNames: ['via', 'code'],
  });
  const authFailures = new Counter({
    registers,
    name: 'chat_auth_failures_total',
    help: 'Wrong passwords and missing, invalid, expired or reused tokens, by error code.',
    labelNames: ['code'],
  });
  const limits = new Counter({
    registers,
    name: 'chat_limit_hits_total',
    help: 'Requests that exceeded a rate limit, by limit.',
    labelNames: ['limit'],
  });
  const origins = new Counter({
    registers,
    name: 'chat_foreign_origins_total',
    help: "Connections refused because the page's origin is not in CORS_ORIGIN.",
  });
  for (const code of AUTH_CODES) authFailures.inc({ code }, 0);
  for (const limit of LIMITS) limits.inc({ limit }, 0);
  const refused = (via: 'rest' | 'handshake' | 'event', code: ErrorCode) => {
    refusals.inc({ via, code });
    if (AUTH_CODES.includes(code)) authFailures.inc({ code });
  };
  return {
    refused,
    limitExceeded: (limit: LimitName) => limits.inc({ limit }),
    originRejected: () => origins.inc(),
  };
}

function createStateGauges(registers: Registry[], state: ServerState): void {
  const { connections, sockets, inFlight, nodes, replies, isBusOk, fleet } = state;
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      registers,
      name,
      help,
      collect() {
        this.set(read());
      },
    });
  gauge('chat_connections', 'Open Socket.IO connections, logged in or not.', connections);
  gauge('chat_sockets', 'Connected sockets that are logged in.', sockets);
  gauge('chat_in_flight', 'Requests and events in flight.', inFlight);
  gauge('chat_replies_running', 'Replies that are being made.', replies);
  gauge('chat_nodes', 'Live nodes on this database, this one included.', nodes);
  gauge('chat_bus_ok', 'Whether hints from all live nodes arrive over Redis: 1 or 0.', () =>
    Number(isBusOk()),
  );
  gauge(
    'chat_position_check_lag_seconds',
    'How old the last look at the position of a joined session is at most. 0 on the only node.',
    () => fleet()?.checkLagSeconds ?? 0,
  );
  createFleetCounters(registers, fleet);
}

function createFleetCounters(registers: Registry[], fleet: ServerState['fleet']): void {
  const counter = (name: string, help: string, label: string, read: () => Readonly<Record<string, number>>) =>
    new Counter({
      registers,
      name,
      help,
      labelNames: [label],
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
      },
    });
  counter(
    'chat_hints_total',
    'Hints of nodes to each other over Redis: sent, received, or dropped because Redis was away.',
    'result',
    () => ({ ...fleet()?.hints }),
  );
  counter(
    'chat_session_reads_total',
    'Reads of the end of a session for the sockets of this node, by reason: join, hint, check, gap or retry.',
    'reason',
    () => fleet()?.reads ?? {},
  );
  new Counter({
    registers,
    name: 'chat_unhinted_gaps_total',
    help: 'Messages of other nodes that the position check has found, and no hint had named a second later although Redis was there.',
    collect() {
      this.reset();
      this.inc(fleet()?.unhintedGaps ?? 0);
    },
  });
}

type Scrape = Pick<PrometheusMeter, 'scrape' | 'contentType'>;

/** Serves `GET /metrics` on a listener of its own. Rejects with the system's error, such as `EADDRINUSE`. */
export function serveMetrics(port: number, host: string, metrics: Scrape): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, respondWith(metrics));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function respondWith({ scrape, contentType }: Scrape): RequestListener {
  const send = (response: ServerResponse, status: number, text: string) =>
    response.writeHead(status, { 'Content-Type': contentType }).end(text);
  return (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      send(response, 404, 'The metrics are at GET /metrics.\n');
      return;
    }
    scrape().then(
      (text) => send(response, 200, text),
      (error: unknown) => send(response, 500, `The metrics could not be collected: ${error}\n`),
    );
  };
}
