/** What a packet or a response brings to a client: the acknowledgement of a message that it sent, or a live message. */
export type Delivery = 'ack' | 'message';

/** One WebSocket frame. */
export interface Frame {
  readonly raw: Buffer;
  /** The text of an unfragmented text message; null for every other frame. */
  readonly text: string | null;
}

const FINAL_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const IS_MASKED = 0x80;
const MASK_BYTES = 4;

/** Splits one direction of a WebSocket connection into frames. */
export class FrameReader {
  private unread = Buffer.alloc(0);

  /** Returns the frames that these bytes complete. */
  read(data: Buffer): Frame[] {
    this.unread = Buffer.concat([this.unread, data]);
    const frames: Frame[] = [];
    for (let frame = this.next(); frame; frame = this.next()) frames.push(frame);
    return frames;
  }

  private next(): Frame | null {
    const size = sizeOf(this.unread);
    if (!size || this.unread.length < size.end) return null;
    const raw = this.unread.subarray(0, size.end);
    this.unread = this.unread.subarray(size.end);
    if (raw.readUInt8(0) !== FINAL_TEXT) return { raw, text: null };
    const payload = Buffer.from(raw.subarray(size.start));
    if (size.isMasked) unmask(payload, raw.subarray(size.start - MASK_BYTES, size.start));
    return { raw, text: payload.toString() };
  }
}

/** Where the payload of the first frame starts and ends; null if too little of the frame is there. */
function sizeOf(bytes: Buffer): { isMasked: boolean; start: number; end: number } | null {
  if (bytes.length < 2) return null;
  const second = bytes.readUInt8(1);
  const isMasked = second >= IS_MASKED;
  const shortLength = second % IS_MASKED;
  const lengthBytes = shortLength === LENGTH_64 ? 8 : shortLength === LENGTH_16 ? 2 : 0;
  const start = 2 + lengthBytes + (isMasked ? MASK_BYTES : 0);
  if (bytes.length < start) return null;
  const lengths = {
    0: () => shortLength,
    2: () => bytes.readUInt16BE(2),
    8: () => Number(bytes.readBigUInt64BE(2)),
  };
  return { isMasked, start, end: start + lengths[lengthBytes]() };
}

function unmask(payload: Buffer, mask: Buffer): void {
  for (let index = 0; index < payload.length; index += 1)
    payload.writeUInt8(payload.readUInt8(index) ^ mask.readUInt8(index % 4), index);
}

/** A frame of the server with this text. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length < LENGTH_16) return Buffer.concat([Buffer.of(FINAL_TEXT, payload.length), payload]);
  const isLong = payload.length > 0xffff;
  const head = Buffer.alloc(isLong ? 10 : 4);
  head.writeUInt8(FINAL_TEXT, 0);
  head.writeUInt8(isLong ? LENGTH_64 : LENGTH_16, 1);
  if (isLong) head.writeBigUInt64BE(BigInt(payload.length), 2);
  else head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** Separates the packets of one response or request of HTTP long-polling. */
export const PACKET_SEPARATOR = '\x1e';
/** The packet of Engine.IO that means nothing. */
export const NOOP = '6';
/** The packet with which a client moves from long-polling to a WebSocket. */
export const UPGRADED = '5';

/** Follows the packets of one Socket.IO connection: who has logged in, and which packets acknowledge a message. */
export class PacketReader {
  private readonly messageIds = new Set<string>();

  /** `userId` is known if the login was in a header. */
  constructor(public userId: string | null) {}

  readFromClient(packet: string): void {
    if (packet.startsWith('40')) this.userId ??= userOfToken(tokenOf(packet.slice(2)));
    const id = /^42(\d+)\["message",/.exec(packet)?.[1];
    if (id !== undefined) this.messageIds.add(id);
  }

  /** Returns what the packet delivers; null for everything else, such as a refusal. */
  readFromServer(packet: string): Delivery | null {
    if (packet.startsWith('42["message",')) return 'message';
    const [, id = '', answer = ''] = /^43(\d+)\[(.*)\]$/s.exec(packet) ?? [];
    return this.messageIds.delete(id) && fieldOf(answer, 'ok') === true ? 'ack' : null;
  }
}

/** The user whom a token of the server names; null for anything else. The signature is not checked. */
export function userOfToken(token: unknown): string | null {
  const claims = typeof token === 'string' ? token.split('.')[1] : undefined;
  const userId = fieldOf(Buffer.from(claims ?? '', 'base64url').toString(), 'sub');
  return typeof userId === 'string' ? userId.toLowerCase() : null;
}

/** A field of a JSON object; undefined if the text is none or doesn't have it. */
export function fieldOf(json: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  } catch {
    return undefined;
  }
}

function tokenOf(auth: string): unknown {
  const token = fieldOf(auth, 'token');
  return typeof token === 'string' ? token.replace(/^Bearer /i, '') : token;
}
