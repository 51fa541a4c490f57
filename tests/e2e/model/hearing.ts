import type { Message } from '../../../src/domain/message';
import { type Effect, has, type Result, resultsOf } from './deed';

/** A message event, and the connection of the device that it arrived on. */
export interface Live {
  connection: number;
  message: Message;
}

/** What has changed in a session since the last look. */
export interface Change {
  /** Nothing where nobody has the session. */
  history: readonly Message[];
  /** It was deleted meanwhile, and perhaps made anew. */
  deleted: boolean;
  /** By the device's own user: another one's deletion empties no room of theirs. */
  deletedByOwnUser: boolean;
}

/** `either`: it may hear, but nothing says that it must. */
type State = 'in' | 'out' | 'either';

/** What one device has of one session, and whether it has to hear more. */
export class Hearing {
  state: State = 'out';
  /** Having joined, it must know everything after this `seq`. */
  private from = 0;
  private readonly seen = new Map<number, string>();
  private readonly own = new Set<string>();
  /** What a connection is recovered with tells of the time before. */
  private missedDeletion = false;
  private last: { connection: number; seq: number } = { connection: 0, seq: 0 };

  /** The last `seq` up to which it knows everything. */
  get complete(): number {
    let seq = this.from;
    while (this.seen.has(seq + 1)) seq += 1;
    return seq;
  }

  /** Checks what the device has been told since the last look. `deeds` are its own, in this session. */
  look(change: Change, deeds: readonly Effect[], live: readonly Live[], isOnline: boolean): void {
    const mayHear = this.state !== 'out' || deeds.some(({ joins }) => joins);
    if (!mayHear) expect(live).toEqual([]);
    if (change.deleted) this.forget();
    this.noteAnswers(change, deeds);
    for (const event of live) this.hear(event, change);
    this.missedDeletion = !isOnline && (this.missedDeletion || change.deleted);
    this.state = change.deleted ? this.stateAnew(change, deeds, isOnline) : this.nextState(change, deeds);
    if (this.state === 'in' && isOnline) this.expectNoGap(change.history);
  }

  private forget(): void {
    this.seen.clear();
    this.last.seq = 0;
  }

  private noteAnswers({ history }: Change, deeds: readonly Effect[]): void {
    const sent = resultsOf(deeds, 'sent').filter(({ joins }) => joins);
    for (const { result } of sent) if (result.own) this.own.add(result.message.messageId);
    const read = resultsOf(deeds, 'joined').flatMap(({ result }) => result.messages);
    for (const message of [...sent.map(({ result }) => result.message), ...read]) {
      if (history[message.seq - 1]?.messageId === message.messageId) this.note(message);
    }
  }

  private hear({ connection, message }: Live, { history, deleted }: Change): void {
    if (message.sender === 'user') expect([...this.own]).not.toContain(message.messageId);
    const stored = history[message.seq - 1];
    // Of a session that was deleted since it last looked, events may come from before that.
    if ((deleted || this.missedDeletion) && stored?.messageId !== message.messageId) return;
    expect(message).toEqual(stored);
    const isFirst = connection !== this.last.connection;
    if (!isFirst)
      expect({ follows: message.seq }).toEqual({ follows: Math.max(message.seq, this.last.seq + 1) });
    this.last = { connection, seq: message.seq };
    this.note(message);
  }

  private note({ seq, messageId }: Message): void {
    this.seen.set(seq, messageId);
  }

  private nextState({ history }: Change, deeds: readonly Effect[]): State {
    const joins = deeds.some((deed) => deed.joins && deed.result.what !== 'refused');
    const leaves = has(deeds, 'left') || has(deeds, 'leaving lost');
    // Which of them came last is not to be seen from outside: to join may take several calls.
    if (joins && leaves) return 'either';
    for (const deed of deeds) this.state = this.stateAfter(deed, history.length);
    return this.state;
  }

  private stateAfter({ joins, lost, result }: Effect, length: number): State {
    if (result.what === 'connected' || result.what === 'left') return 'out';
    if (result.what === 'leaving lost') return this.state === 'out' ? 'out' : 'either';
    if (!joins || result.what === 'refused') return this.state;
    if (lost) return this.state === 'in' ? 'in' : 'either';
    return this.joinAfter(joinPoint(result) ?? length);
  }

  private joinAfter(seq: number): 'in' {
    this.from = this.state === 'in' ? Math.min(this.from, seq) : seq;
    return 'in';
  }

  /** Nobody is in a session any more that is deleted, but for those who joined it anew. */
  private stateAnew({ deletedByOwnUser }: Change, deeds: readonly Effect[], isOnline: boolean): State {
    const joining = deeds.filter((deed) => deed.joins && deed.result.what !== 'refused');
    const leaves = has(deeds, 'left') || has(deeds, 'leaving lost');
    const wasCut = !isOnline || has(deeds, 'connected') || joining.some(({ lost }) => lost);
    // What Socket.IO keeps of a connection that was lost remembers the sessions of that time.
    if (wasCut) return this.state === 'out' && joining.length === 0 ? 'out' : 'either';
    if (joining.length === 0) return deletedByOwnUser ? 'out' : this.state;
    if (leaves) return 'either';
    const own = resultsOf(joining, 'sent').filter(({ result }) => result.own);
    const kept = own.filter(({ result }) => this.seen.get(result.message.seq) === result.message.messageId);
    if (kept.length === 0) return 'either';
    this.from = Math.min(...kept.map(({ result }) => result.message.seq)) - 1;
    return 'in';
  }

  private expectNoGap(history: readonly Message[]): void {
    const missing = history.filter(({ seq }) => seq > this.from && !this.seen.has(seq));
    expect(missing).toEqual([]);
  }
}

/** The `seq` after which a device hears everything that has joined like this; undefined if it doesn't know. */
function joinPoint(result: Result): number | undefined {
  if (result.what === 'joined') return result.after ?? result.lastSeq;
  return result.what === 'sent' && result.own ? result.message.seq - 1 : undefined;
}
