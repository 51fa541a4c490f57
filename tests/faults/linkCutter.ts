import type { Link, TcpProxy } from '../../testkit/tcpProxy';

/** The points at which the connection of a message can be cut. */
export const cutPositions = [
  'before the server has the message',
  'when the server has half of it',
  'when the server has it, before its answer',
  'in the middle of the answer',
  'everyone’s connection, before the reply',
] as const;

export type CutPosition = (typeof cutPositions)[number];

/** The response that was cut off; null if the server had not responded yet. */
export type Withheld = { messageId: string; seq: number } | null;

/** Cuts the connection that carries this message, once, at this point. Resolves when it is cut. */
export function cutOnce(proxy: TcpProxy, position: CutPosition, clientMessageId: string): Promise<Withheld> {
  return new Promise((resolve) => {
    const cut = (link: Link, withheld: Withheld = null) => {
      proxy.interference = {};
      if (position === 'everyone’s connection, before the reply') proxy.cutAll();
      else link.cut();
      resolve(withheld);
    };
    const isOnWayToServer = position === cutPositions[0] || position === cutPositions[1];
    if (isOnWayToServer) {
      proxy.interference.toServer = (data, link) => {
        if (!unmasked(data).includes(clientMessageId)) return link.server.write(data);
        if (position === cutPositions[0]) return cut(link);
        return link.server.write(data.subarray(0, data.length >> 1), () => cut(link));
      };
      return;
    }
    proxy.interference.toClient = (data, link) => {
      const text = data.toString();
      const isMeant = position === cutPositions[4] ? isReply(text) : isAnswer(text);
      if (!isMeant || !text.includes(clientMessageId)) return link.client.write(data);
      if (position !== cutPositions[3]) return cut(link, answerIn(text));
      // Other events may follow in the same data, so its middle is not that of the answer.
      const middle = data.indexOf(clientMessageId);
      return link.client.write(data.subarray(0, middle), () => cut(link, answerIn(text)));
    };
  });
}

function isAnswer(text: string): boolean {
  return text.startsWith('HTTP/1.1 20') || text.includes('[{"ok":true,"message":');
}

function isReply(text: string): boolean {
  return text.includes('["message",') && text.includes('"sender":"server"');
}

function answerIn(text: string): Withheld {
  const [, messageId, seq] = /"message":\{.*?"messageId":"([^"]+)".*?"seq":(\d+)/.exec(text) ?? [];
  return messageId === undefined ? null : { messageId, seq: Number(seq) };
}

/** Unmasks a WebSocket frame of a client. Returns other data unchanged. */
function unmasked(data: Buffer): string {
  const isMaskedText = data[0] === 0x81 && ((data[1] ?? 0) & 0x80) !== 0;
  if (!isMaskedText) return data.toString();
  const start = ((data[1] ?? 0) & 0x7f) === 126 ? 4 : 2;
  const mask = data.subarray(start, start + 4);
  const payload = data.subarray(start + 4);
  return Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))).toString();
}
