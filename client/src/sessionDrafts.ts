import { applyDelta, type Draft, type DraftDelta, type Message } from '../../src/domain/message';

/** The replies that are being made in a session, as far as their pieces have arrived. */
export class SessionDrafts {
  /** By the id of the user message. */
  private readonly drafts = new Map<string, Draft>();

  constructor(private readonly onDraft: (draft: Draft) => void) {}

  /** False if text is missing before this piece: then `reset` is needed. */
  receive(delta: DraftDelta): boolean {
    const known = this.drafts.get(delta.replyTo);
    const draft = applyDelta(known, delta);
    if (draft && draft !== known) this.set(draft);
    return draft !== null;
  }

  /** Takes over the drafts that the server has. A reply that is no longer among them has arrived, or will, as a message. */
  reset(drafts: readonly Draft[]): void {
    this.drafts.clear();
    for (const draft of drafts) this.set(draft);
  }

  /** The message takes the place of its draft. */
  end({ replyTo, variant = 1 }: Message): void {
    const draft = this.drafts.get(replyTo ?? '');
    if (draft && draft.variant <= variant) this.drafts.delete(draft.replyTo);
  }

  private set(draft: Draft): void {
    this.drafts.set(draft.replyTo, draft);
    this.onDraft(draft);
  }
}
