import type { Random } from '../../../testkit/random';
import type { Link, TcpProxy } from '../../../testkit/tcpProxy';

/** What a relay does with the hints of Redis: it passes them on, loses half, sends each twice, delays some, or adds forged ones. */
export type Lie = 'none' | 'drop' | 'double' | 'reorder' | 'forge';

/** A hint as Redis sends it to a subscriber: `*3`, `message`, channel, content. */
const HINT = Buffer.from('*3\r\n$7\r\nmessage\r\n');
const MAX_DELAY_MS = 300;

/** Lets a proxy before Redis lie to its node. The protocol is RESP2. */
export class LyingRelay {
  lie: Lie = 'none';
  private readonly incomplete = new WeakMap<Link, Buffer>();
  private readonly channels = new Set<string>();

  constructor(
    proxy: TcpProxy,
    private readonly random: Random,
  ) {
    proxy.interference = { toClient: (data, link) => this.take(data, link) };
  }

  private take(data: Buffer, link: Link): void {
    let rest = Buffer.concat([this.incomplete.get(link) ?? Buffer.alloc(0), data]);
    for (let end = endOfReply(rest, 0); end !== null; end = endOfReply(rest, 0)) {
      const reply = rest.subarray(0, end);
      rest = rest.subarray(end);
      if (reply.subarray(0, HINT.length).equals(HINT)) this.pass(reply, link);
      else link.client.write(reply);
    }
    this.incomplete.set(link, rest);
  }

  private pass(hint: Buffer, link: Link): void {
    const [, channel = '', content = ''] =
      /message\r\n\$\d+\r\n(.*?)\r\n\$\d+\r\n(.*)\r\n$/s.exec(hint.toString()) ?? [];
    this.channels.add(channel);
    const isChanged = this.random.next() < 0.5;
    switch (this.lie) {
      case 'none':
        return void link.client.write(hint);
      case 'drop':
        return void (isChanged || link.client.write(hint));
      case 'double':
        return void link.client.write(Buffer.concat([hint, hint]));
      case 'reorder':
        if (!isChanged) return void link.client.write(hint);
        setTimeout(
          () => link.client.destroyed || link.client.write(hint),
          this.random.between(1, MAX_DELAY_MS),
        );
        return;
      case 'forge':
        link.client.write(hint);
        for (const forged of this.forge(channel, content)) link.client.write(forged);
    }
  }

  /** Hints that no node has signed: changed, moved to the channel of another user, and made up. */
  private forge(channel: string, content: string): Buffer[] {
    const other = this.random.pick([...this.channels]);
    const mac = content.slice(0, content.indexOf('{'));
    const sessionId = /"sessionId":"([^"]+)"/.exec(content)?.[1];
    const deletion = {
      kind: 'deleted',
      sessionId,
      createdAt: new Date().toISOString(),
      lastMessageAt: null,
      lastSeq: 1,
    };
    return [
      hintOf(
        channel,
        content.replace(/"seq":(\d+)/, (_, seq: string) => `"seq":${Number(seq) + 1_000}`),
      ),
      hintOf(channel, mac + JSON.stringify(deletion)),
      hintOf(channel, `${mac}{"kind":"user"}`),
      hintOf(channel, 'not signed'),
      ...(other === channel ? [] : [hintOf(other, content)]),
    ];
  }
}

function hintOf(channel: string, content: string): Buffer {
  const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
  return Buffer.concat([HINT, Buffer.from(bulk(channel) + bulk(content))]);
}

/** Where the reply that begins at `start` ends; null if it is incomplete. */
function endOfReply(bytes: Buffer, start: number): number | null {
  const line = bytes.indexOf('\r\n', start);
  if (line < 0) return null;
  const length = Number(bytes.toString('latin1', start + 1, line));
  const type = String.fromCharCode(bytes[start] ?? 0);
  if (type === '$') {
    const end = line + 2 + (length < 0 ? 0 : length + 2);
    return end <= bytes.length ? end : null;
  }
  let end: number | null = line + 2;
  for (let item = 0; type === '*' && item < length && end !== null; item += 1) end = endOfReply(bytes, end);
  return end;
}
