import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Server, type Socket } from 'socket.io';

export interface Payload {
  sessionId: string;
  content: string;
  clientMessageId: string;
}

export type Acknowledge = (answer: object) => void;

/** How the server behaves where it is not to behave well. */
export interface Script {
  /** Called with every socket once it is connected. */
  connected?(socket: Socket): void;
  /** Answers a message itself, or returns false to let the server accept it. */
  message?(payload: Payload, acknowledge: Acknowledge): boolean;
}

export interface ScriptedServer {
  readonly url: string;
  /** What has reached the server, in order, such as `POST /api/auth/refresh`, `connect token-1` or `message hello`. */
  readonly received: readonly string[];
  /** Resolves when this has reached the server. */
  until(entry: string): Promise<void>;
}

const TIME = '2026-01-01T00:00:00.000Z';
const USER = {
  id: '01b00000-0000-7000-8000-000000000001',
  username: 'ann',
  email: 'ann@example.com',
  createdAt: TIME,
  updatedAt: TIME,
};

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/**
 * Starts a minimal server that admits everybody, has every session and accepts every message, except where the script
 * says otherwise. Its tokens are `token-1`, `token-2` and so on. It ends with the test.
 */
export async function startScriptedServer(script: Script = {}): Promise<ScriptedServer> {
  const received: string[] = [];
  const waiting = new Set<() => void>();
  const note = (entry: string) => {
    received.push(entry);
    for (const look of waiting) look();
  };

  let tokens = 0;
  const answer = ({ method, url = '' }: IncomingMessage, response: ServerResponse) => {
    note(`${method} ${url}`);
    const body = url.startsWith('/api/auth/') ? loginOf(++tokens) : sessionOf(url.split('/')[3] ?? '');
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
  const listener = createServer(answer).listen(0, '127.0.0.1');
  await once(listener, 'listening');

  let seq = 0;
  const sockets = new Server(listener);
  sockets.on('connection', (socket) => {
    note(`connect ${socket.handshake.auth.token}`);
    socket.on('join-session', ({ sessionId }: { sessionId: string }, acknowledge: Acknowledge) => {
      note(`join-session ${sessionId}`);
      acknowledge({ ok: true, session: sessionOf(sessionId), messages: [], hasMore: false });
    });
    socket.on('leave-session', (sessionId: string, acknowledge: Acknowledge) => {
      note(`leave-session ${sessionId}`);
      acknowledge({ ok: true });
    });
    socket.on('message', (payload: Payload, acknowledge: Acknowledge) => {
      note(`message ${payload.content}`);
      if (script.message?.(payload, acknowledge)) return;
      seq += 1;
      const message = { ...payload, messageId: `message-${seq}`, seq, sender: 'user', timestamp: TIME };
      acknowledge({ ok: true, message });
    });
    script.connected?.(socket);
  });

  closers.push(() => {
    void sockets.close();
    listener.closeAllConnections();
  });
  const address = listener.address();
  if (typeof address !== 'object' || !address) throw new Error('the listener has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    until: (entry) =>
      new Promise((resolve) => {
        const look = () => void (received.includes(entry) && resolve());
        waiting.add(look);
        look();
      }),
  };
}

function loginOf(count: number) {
  return { user: USER, token: `token-${count}`, expiresAt: TIME, refreshToken: `refresh-${count}` };
}

function sessionOf(id: string) {
  return {
    id,
    userId: USER.id,
    name: 'Any',
    createdAt: TIME,
    lastMessageAt: null,
    lastSeq: 0,
    readSeq: 0,
    pinned: false,
    archived: false,
    preview: null,
  };
}
