import {
  DOCUMENTED_ORIGIN,
  LOGIN_TIMEOUT_MS,
  MAX_BODY_BYTES,
  MAX_CLIENT_MESSAGE_ID_LENGTH,
  MAX_CONTENT_BYTES,
  MAX_EMAIL_LENGTH,
  MAX_FRAME_BYTES,
  MAX_NAME_LENGTH,
  MAX_REPLY_BYTES,
  PAGE_LENGTH,
  PASSWORD_LENGTH,
  REFRESH_REPLAY_MS,
  RESUME_PAGE_LENGTH,
  TOKEN_WARNING_MS,
  USERNAME_LENGTH,
} from '../../src/domain/limits';
import { CodeBlock, type Snippet } from './Code';
import { Paragraphs } from './Markdown';
import { CONNECT, SOCKET_PACKAGE } from './snippets';

export interface Guide {
  id: string;
  title: string;
  /** Markdown, as descriptions use it. */
  text: string;
  /** A program that runs as it is, with a token in the environment variable `TOKEN` if it reads one. */
  program: Snippet;
}

/** A guide and its program. */
export function GuideEntry({ id, title, text, program }: Guide) {
  return (
    <section class="entry" id={id}>
      <div class="text">
        <h3>
          <a class="anchor" href={`#${id}`}>
            {title}
          </a>
        </h3>
        <Paragraphs text={text} />
      </div>
      <div class="samples">
        <CodeBlock {...program} />
      </div>
    </section>
  );
}

/** The session of the examples in both documents. */
const SESSION_ID = 'e10d87b8-4c1f-4f2a-9d0e-6f1f7c0c3b5a';

const SOCKET_TO_SESSION = `${CONNECT}
const sessionId = '${SESSION_ID}';`;

const kilobytes = (bytes: number) => `${bytes / 1024} KB`;
const seconds = (milliseconds: number) => `${milliseconds / 1000} s`;

/** What a client without the client library has to know, one subject each. */
export const GUIDES: readonly Guide[] = [
  {
    id: 'guide-authentication',
    title: 'Log in and stay logged in',
    text: `[Signing up](#signUp), [logging in](#logIn) and [refreshing](#refresh) return two tokens. \`token\` authenticates REST requests and
sockets until \`expiresAt\`, by default for an hour. \`refreshToken\` gets the next pair, by default within 30 days.

- Refresh before \`expiresAt\`, or when a response is \`TOKEN_EXPIRED\`, and store both tokens of the new pair.
- A refresh token works once. Using an earlier one is \`TOKEN_REUSED\` and revokes the login, because it may have been stolen. Until
  ${seconds(REFRESH_REPLAY_MS)} after the first use of the new pair, the earlier one returns that pair again, so a lost response and a second tab do no harm.
- ${seconds(TOKEN_WARNING_MS)} before its token expires, a socket receives [token-expiring](#send-token-expiring). Refresh, and send
  [authenticate](#receive-authenticate) with the new token. Otherwise the socket is disconnected when its token expires.
- Socket.IO does not connect again by itself after a \`connect_error\` with \`data.code\`, or after the server has disconnected the socket.
  Refresh, then call \`socket.connect()\`.
- Logging out revokes the tokens of a login and disconnects its sockets at once. A new password does so for the user's other devices.
- After \`UNAUTHENTICATED\` or \`TOKEN_REUSED\` the login has ended: ask the user to log in. After \`UNAVAILABLE\`, or without a response,
  keep the tokens and try again.`,
    program: {
      title: 'A socket that stays logged in',
      language: 'js',
      code: `import { io } from '${SOCKET_PACKAGE}';

const server = '${DOCUMENTED_ORIGIN}';

async function post(path, body) {
  const response = await fetch(server + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const result = await response.json();
  if (!response.ok) throw new Error(result.detail);
  return result;
}

let login = await post('/api/auth/login', {
  email: 'john@example.com',
  password: 'securepassword123',
});
async function refresh() {
  const { refreshToken } = login;
  login = await post('/api/auth/refresh', { refreshToken });
}

// The newest token for each connection.
const auth = (give) => give({ token: login.token });
const socket = io(server, { auth });
socket.on('connect', () => console.log('connected'));
socket.on('token-expiring', async () => {
  await refresh();
  socket.emit('authenticate', login.token, ({ ok }) => {
    console.log('renewed', ok);
  });
});
socket.on('connect_error', async ({ data }) => {
  if (data?.code !== 'TOKEN_EXPIRED') return;
  await refresh();
  socket.connect();
});`,
    },
  },
  {
    id: 'guide-resume',
    title: 'Resume without a gap',
    text: `The messages of a session are numbered 1, 2, 3 … by \`seq\`, without gaps. Remember the last one that you have processed, and
[join the session](#receive-join-session) with it after each \`connect\`: the ack has everything that came after it, however long the
connection was lost.

- The server joins first and reads second, so no message falls in between. A message may arrive twice, live and in the ack: compare its \`seq\`.
- Live messages may arrive before the ack. Process a message when all earlier ones are processed.
- An ack has at most ${RESUME_PAGE_LENGTH} messages. With \`hasMore\`, join again from the last one.
- Over REST, [the history](#listMessages) with \`after\` returns the same.
- After each \`connect\`, read [the list of sessions](#listSessions) again: \`session\` events may have been missed.`,
    program: {
      title: 'Every message once, in order',
      language: 'js',
      code: `${SOCKET_TO_SESSION}

let lastSeq = 0; // store it with the messages
const early = new Map();

function receive(message) {
  if (message.seq > lastSeq) early.set(message.seq, message);
  while (early.has(lastSeq + 1)) {
    lastSeq += 1;
    console.log(lastSeq, early.get(lastSeq).content);
    early.delete(lastSeq);
  }
}

function resume() {
  const target = { sessionId, after: lastSeq };
  socket.emit('join-session', target, ({ error, messages, hasMore }) => {
    if (error) throw new Error(error.message);
    messages.forEach(receive);
    if (hasMore) resume();
  });
}

socket.on('message', receive);
socket.on('connect', resume);`,
    },
  },
  {
    id: 'guide-idempotency',
    title: 'Send again without doing it twice',
    text: `When a connection breaks, nobody knows whether the last request arrived. So repeat it: every request that changes something can be
repeated without harm.

- A message with a \`clientMessageId\` is stored once in its session, and gets one reply. Sending it again returns the first result: over
  a socket with \`duplicate\`, over REST with status 200 instead of 201. Create the id once for each message, and store it with the message
  until the ack has arrived.
- [A new session](#createSession) with an \`id\` of yours is created once.
- [A further reply](#regenerateReply) is numbered: the same \`variant\` again makes nothing.
- Changes with \`PATCH\` and \`PUT\` set values. Deleting what is deleted already is \`NOT_FOUND\`.
- The ack, or a response with 2xx, is sent after the message is on disk. Without it, keep the message and send it again.`,
    program: {
      title: 'Sent until it is stored',
      language: 'js',
      code: `${SOCKET_TO_SESSION}

async function send(content, clientMessageId = crypto.randomUUID()) {
  const payload = { sessionId, content, clientMessageId };
  const sending = socket.timeout(5_000).emitWithAck('message', payload);
  const ack = await sending.catch(() => null);
  // No answer in time: the same id makes sure that it is stored once.
  if (ack === null) return send(content, clientMessageId);
  if (!ack.ok) throw new Error(ack.error.message);
  return ack.message;
}

const message = await send('Hello, server!');
console.log('stored', message.seq);
socket.close();`,
    },
  },
  {
    id: 'guide-streaming',
    title: 'Show a reply while it is made',
    text: `A model writes its reply piece by piece. Every socket in the session receives the pieces as [reply](#send-reply) events; the \`message\`
event with the same \`replyTo\` is the complete reply and ends them. Clients that want whole replies only can ignore \`reply\`.

- The text so far is its first \`at\` UTF-16 code units, then \`text\`. A larger \`attempt\` starts a new text. If \`at\` is beyond the text
  that you have, join again: the \`drafts\` of the ack have the whole text.
- \`state\` is \`asking\`, \`thinking\`, \`writing\` or \`waiting\`, which means that the server will ask again. \`failed\` ends a further reply.
- [stop-reply](#receive-stop-reply) stops a reply from any device. What had arrived is stored with \`finish: "stopped"\`. Closing all
  devices stops nothing.
- [regenerate](#receive-regenerate) asks for a further reply to the same message. [message](#receive-message) with \`replaces\` sends an edited version.
- \`finish\` says why a stored reply is not complete: \`stopped\`, \`length\`, \`filtered\` or \`failed\`, which has an \`error.code\`.
- Without a socket, [read the drafts](#listDrafts).`,
    program: {
      title: 'A growing reply',
      language: 'js',
      code: `${SOCKET_TO_SESSION}
const known = new Map(); // by the message that they answer

function show(draft) {
  known.set(draft.replyTo, draft);
  console.log(draft.state, draft.text);
}

function join() {
  socket.emit('join-session', sessionId, ({ drafts = [] }) => {
    drafts.forEach(show);
  });
}

socket.on('connect', join);
socket.on('reply', ({ at, text, ...piece }) => {
  const draft = known.get(piece.replyTo);
  const isSame =
    draft?.variant === piece.variant && draft.attempt === piece.attempt;
  const start = isSame ? draft.text : '';
  if (at > start.length) join();
  else show({ ...piece, text: start.slice(0, at) + text });
});
socket.on('message', ({ replyTo, content, finish = 'complete' }) => {
  known.delete(replyTo);
  console.log(finish, content);
});`,
    },
  },
  {
    id: 'guide-errors',
    title: 'Handle errors',
    text: `Decide by \`code\`, which never changes its meaning, and show \`detail\` or \`message\` to people. [All codes](#errors) are listed above.

- REST responds with \`application/problem+json\`: \`code\`, \`detail\` and, for invalid input, \`errors\` with each field. An ack is
  \`{ok: false, error: {code, message, errors, retryAfterMs}}\`. An event without an ack reports the same as an [error](#send-error) event.
- Wait and repeat after \`RATE_LIMITED\`: \`Retry-After\` says how many seconds, \`retryAfterMs\` how many milliseconds. After
  \`UNAVAILABLE\`, \`INTERNAL\`, or without a response, wait a little longer each time.
- Refresh the token after \`TOKEN_EXPIRED\`, then repeat. Everything else fails again until the request is changed.
- A proxy in front of the server may respond with something else than JSON.
- \`requestId\`, also in the header \`X-Request-Id\`, finds the request in the server's log. Include it when you ask for help.`,
    program: {
      title: 'A call that waits when it must',
      language: 'js',
      code: `const REPEATABLE = ['RATE_LIMITED', 'UNAVAILABLE', 'INTERNAL'];

async function call(path, attempt = 1) {
  const response = await fetch('${DOCUMENTED_ORIGIN}' + path, {
    headers: { Authorization: \`Bearer \${process.env.TOKEN}\` },
  });
  const result = await response.json();
  if (response.ok) return result;
  if (attempt === 5 || !REPEATABLE.includes(result.code)) {
    throw new Error(\`\${result.code}: \${result.detail}\`);
  }
  const wait = response.headers.get('Retry-After') ?? 2 ** attempt;
  await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  return call(path, attempt + 1);
}

const { sessions } = await call('/api/sessions');
console.log(sessions.length, 'sessions');`,
    },
  },
  {
    id: 'guide-limits',
    title: 'Know the limits',
    text: `Sizes are the same on every server. Longer values are \`VALIDATION_FAILED\`; larger bodies are \`PAYLOAD_TOO_LARGE\`, and a larger frame
closes the connection. So check the length of \`content\` before you send it over a socket of your own; the client library does.

- \`content\`: 1 to ${MAX_CONTENT_BYTES.toLocaleString('en-US')} bytes of UTF-8, not blank. A reply of a model: ${kilobytes(MAX_REPLY_BYTES)}.
- \`username\`: ${USERNAME_LENGTH.min} to ${USERNAME_LENGTH.max} letters, digits, \`_\`, \`.\` and \`-\`. \`email\`: up to ${MAX_EMAIL_LENGTH} characters. \`password\`: ${PASSWORD_LENGTH.min} to
  ${PASSWORD_LENGTH.max} characters. \`name\` of a session: 1 to ${MAX_NAME_LENGTH}. \`clientMessageId\`: 1 to ${MAX_CLIENT_MESSAGE_ID_LENGTH}.
- A page: ${PAGE_LENGTH.min} to ${PAGE_LENGTH.max} entries, ${PAGE_LENGTH.default} by default. A body: ${kilobytes(MAX_BODY_BYTES)}. A frame: ${kilobytes(MAX_FRAME_BYTES)}.
- A connection has ${seconds(LOGIN_TIMEOUT_MS)} to log in, and carries one socket.

Rates are set by the operator. By default a user may send 20 messages and new sessions a second. An address may sign up, or send wrong
passwords, 10 times a minute, and open 300 connections a minute. Wrong passwords are also limited for each account, from all addresses
together, and the operator may limit the tokens of a model for each user and day. Beyond a rate, the code is \`RATE_LIMITED\`:
[wait, then repeat](#guide-errors).`,
    program: {
      title: 'What is left of a rate',
      language: 'js',
      code: `const url = '${DOCUMENTED_ORIGIN}/api/sessions/${SESSION_ID}/messages';
const response = await fetch(url, {
  method: 'POST',
  headers: {
    Authorization: \`Bearer \${process.env.TOKEN}\`,
    'Content-Type': 'application/json',
  },
  body: JSON.stringify({ content: 'Hello, server!' }),
});
console.log(response.headers.get('RateLimit'));`,
    },
  },
];
