const OPEN = '<think>';
const CLOSE = '</think>';

/** What a piece of a reply contains, besides its tags. */
export interface TaggedText {
  text: string;
  thinking: boolean;
}

/**
 * Separates `<think>…</think>` at the beginning of a reply from its text. Models that reason write it when their server doesn't
 * separate it. Tags may be split anywhere; elsewhere in a reply they are text.
 */
export class ThinkTags {
  private state: 'start' | 'thinking' | 'after' | 'text' = 'start';
  /** What can't be assigned before more arrives. */
  private pending = '';

  push(piece: string): TaggedText {
    if (this.state === 'text') return { text: piece, thinking: false };
    this.pending += piece;
    const startedThinking = this.skipOpenTag();
    const thinking = startedThinking || (this.state === 'thinking' && piece !== '');
    this.skipThought();
    return { text: this.takeText(), thinking };
  }

  /** Returns the text that was held back because a tag could have followed. */
  end(): TaggedText {
    const text = this.state === 'start' ? this.pending : '';
    this.pending = '';
    return { text, thinking: false };
  }

  private skipOpenTag(): boolean {
    if (this.state !== 'start') return false;
    const start = this.pending.trimStart();
    if (start.startsWith(OPEN)) {
      this.state = 'thinking';
      this.pending = start.slice(OPEN.length);
      return true;
    }
    if (!OPEN.startsWith(start)) this.state = 'text';
    return false;
  }

  private skipThought(): void {
    if (this.state !== 'thinking') return;
    const end = this.pending.indexOf(CLOSE);
    if (end === -1) {
      // Long enough for a tag of which the last character is missing.
      this.pending = this.pending.slice(1 - CLOSE.length);
      return;
    }
    this.state = 'after';
    this.pending = this.pending.slice(end + CLOSE.length);
  }

  private takeText(): string {
    if (this.state === 'after') {
      this.pending = this.pending.trimStart();
      if (this.pending !== '') this.state = 'text';
    }
    if (this.state !== 'text') return '';
    const text = this.pending;
    this.pending = '';
    return text;
  }
}
