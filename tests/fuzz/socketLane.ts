import { type Attacker, namesLogin } from './attacker';
import { excerpt, Fault } from './fault';
import { checkFrame } from './frames';
import type { EventInput, HandshakeInput, PacketsInput } from './inputs/input';
import { logIn, type RawSocket, upgrade } from './rawSocket';
import { expected } from './shape';
import { replaceInHeaders, replaceWords, type Words } from './words';

/** The largest frame that costs nothing. */
const MAX_FRAME_BYTES = 65_536;
/** Socket.IO's parser lets no event of these names in. */
const RESERVED = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
/** An ack id of the lane's own: its answer comes after whatever was sent before it has been read. */
const PROBE_ID = '31337';

/** Sends what goes through sockets, one input after the other, on a connection that is opened again where it is lost. */
export class SocketLane {
  private socket: RawSocket | null = null;

  constructor(
    private readonly url: string,
    private readonly attacker: Attacker,
    private readonly secret: string,
  ) {}

  /** Every event is answered, and keeps its connection unless Socket.IO itself refuses it. */
  async sendEvent({ name, args, ack }: EventInput, words: Words): Promise<string> {
    const socket = await this.open();
    const frame = replaceWords(`42${ack}${JSON.stringify([name, ...args])}`, words);
    socket.send(frame);
    const frames = ack === '' ? await this.probe(socket) : await socket.takeUntil(/^43/, 'the ack');
    this.check(frames);
    const mayClose = Buffer.byteLength(frame) > MAX_FRAME_BYTES || RESERVED.includes(String(name));
    if (socket.isClosed && !mayClose)
      throw new Fault('wrongAnswer', `the connection was lost to ${excerpt(frame)}`);
    if (ack === '') return socket.isClosed ? 'closed' : 'taken';
    return frames.at(-1)?.includes('{"ok":true') ? 'ok' : codeOf(frames.at(-1));
  }

  /** Frames cost their own connection at most. */
  async sendPackets({ frames }: PacketsInput, words: Words): Promise<string> {
    const socket = await this.open();
    for (const frame of frames) socket.send(typeof frame === 'string' ? replaceWords(frame, words) : frame);
    this.check(await this.probe(socket));
    return socket.isClosed ? 'closed' : 'taken';
  }

  /** A connection is let in with a right token only; without one it is closed. */
  async shakeHands(input: HandshakeInput, words: Words): Promise<string> {
    const upgraded = await upgrade(
      this.url,
      replaceWords(input.query, words),
      replaceInHeaders(input.headers, words),
    );
    if (!('socket' in upgraded)) {
      if (upgraded.status >= 500) throw new Fault('serverError', excerpt(upgraded.text));
      this.check([upgraded.text]);
      return String(upgraded.status);
    }
    const { socket } = upgraded;
    try {
      return await this.greet(socket, input, words);
    } finally {
      socket.cut();
    }
  }

  close(): void {
    this.socket?.cut();
  }

  private async greet(socket: RawSocket, input: HandshakeInput, words: Words): Promise<string> {
    const frame = replaceWords(input.frame, words);
    socket.send(frame);
    if (!frame.startsWith('40')) {
      // Engine.io closes whoever sends the server's own ping: the end of what the frame before it has caused.
      socket.send('2');
      this.check(await socket.closed('the end of a connection without a login'));
      return 'closed';
    }
    const frames = await socket.takeUntil(/^4[04]/, 'the answer to CONNECT');
    this.check(frames);
    const isIn = frames.at(-1)?.startsWith('40{') ?? false;
    if (isIn && !namesLogin(`${input.frame}${input.headers.Authorization ?? ''}`)) {
      throw new Fault('leak', 'a socket was let in without the token of a login');
    }
    return isIn ? 'in' : codeOf(frames.at(-1));
  }

  private async open(): Promise<RawSocket> {
    if (this.socket && !this.socket.isClosed) return this.socket;
    this.socket = await logIn(this.url, this.attacker.token);
    return this.socket;
  }

  private async probe(socket: RawSocket): Promise<string[]> {
    socket.send(`42${PROBE_ID}["leave-session","${this.attacker.sessionId}"]`);
    const frames = await socket.takeUntil(new RegExp(`^43${PROBE_ID}\\[`), 'an answer after it');
    if (!socket.isClosed && !frames.at(-1)?.endsWith('[{"ok":true}]')) expected('ok', frames.at(-1));
    return frames;
  }

  private check(frames: readonly string[]): void {
    for (const frame of frames) checkFrame(frame, this.secret);
  }
}

function codeOf(frame: string | undefined): string {
  return /"code":"([A-Z_]+)"/.exec(frame ?? '')?.[1] ?? 'closed';
}
