import { nameFromContent } from '../../domain/session';
import type { MessageDocument } from '../../models/messageModel';
import type { Models } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import { LIVE } from './live';
import type { SessionUpdates } from './sessionUpdates';

/** A session as a write left it. */
export interface Settled {
  session: SessionDocument;
  /** True if the session had no name and now has one. */
  named: boolean;
}

/** Brings sessions up to their latest message, and names those without a name after their first one. */
export class Settlement {
  constructor(
    private readonly models: Models,
    private readonly updates: SessionUpdates,
  ) {}

  /**
   * For messages just stored. Null if the session is gone: this is looked at after they are stored, so nobody
   * is told of a message that went with its session.
   */
  async settle(session: SessionDocument, stored: readonly MessageDocument[]): Promise<Settled | null> {
    const ordered = stored.toSorted((a, b) => a.seq - b.seq);
    const [first, last] = [ordered[0], ordered.at(-1)];
    if (!first || !last) throw new Error('there is no message to settle');
    const name = session.name ?? nameAfter(first);
    if (name !== null) {
      const { seq: lastSeq, timestamp } = last;
      const to = { ...session, name, lastSeq, lastMessageAt: timestamp, activeAt: timestamp };
      if (await this.updates.apply({ from: session, to }))
        return { session: to, named: session.name === null };
    }
    return this.complete(session, last);
  }

  /** For a message that may be stored since long. Null if the session is gone. Doing it again changes nothing. */
  async complete({ _id, key }: SessionDocument, last: MessageDocument): Promise<Settled | null> {
    const found = await this.#find(_id, key);
    if (!found) return null;
    const named = found.name === null && (await this.#nameAfterFirstMessage(found));
    if (found.lastSeq < last.seq) await this.#moveTo(found, last);
    else if (!named) return { session: found, named };
    const current = await this.#find(_id, key);
    return current && { session: current, named };
  }

  #find(_id: string, key: string): Promise<SessionDocument | null> {
    return this.models.sessions
      .findOne({ _id, key, ...LIVE })
      .lean()
      .exec();
  }

  async #moveTo({ _id, key }: SessionDocument, { seq, timestamp }: MessageDocument): Promise<void> {
    await this.models.sessions.updateOne(
      { _id, key, ...LIVE, lastSeq: { $lt: seq } },
      { $set: { lastSeq: seq, lastMessageAt: timestamp, activeAt: timestamp } },
    );
  }

  async #nameAfterFirstMessage({ _id, key }: SessionDocument): Promise<boolean> {
    const first = await this.models.messages.findOne({ sessionKey: key, seq: 1 }).lean();
    if (!first) return false;
    const { modifiedCount } = await this.models.sessions.updateOne(
      { _id, key, ...LIVE, name: null },
      { $set: { name: nameFromContent(first.content) } },
    );
    return modifiedCount > 0;
  }
}

function nameAfter({ seq, content }: MessageDocument): string | null {
  return seq === 1 ? nameFromContent(content) : null;
}
