import { useEffect, useState } from 'preact/hooks';
import type { ChatClient } from '../../client/src';
import { hasCode } from '../../client/src/chatClientError';
import type { Session } from '../../src/domain/session';

/** Tells the server what the user has read, one request at a time. What it could not receive stays until the next `send`. */
export class ReadMarks {
  /** The `seq` up to which a session is read, by its id. */
  private readonly unsent = new Map<string, number>();
  private isSending = false;

  constructor(
    private readonly client: ChatClient,
    private readonly onMarked: (session: Session) => void,
  ) {}

  add(sessionId: string, seq: number): void {
    this.unsent.set(sessionId, seq);
    void this.send();
  }

  async send(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    try {
      for (let [next] = this.unsent; next; [next] = this.unsent) {
        const [sessionId, seq] = next;
        await this.mark(sessionId, seq);
        // More may have been read meanwhile.
        if (this.unsent.get(sessionId) === seq) this.unsent.delete(sessionId);
      }
    } catch {
      // The list of chats reports that the server can't be reached.
    } finally {
      this.isSending = false;
    }
  }

  /** A deleted session needs no mark. */
  private async mark(sessionId: string, seq: number): Promise<void> {
    try {
      this.onMarked(await this.client.sessions.markRead(sessionId, seq));
    } catch (error) {
      if (!hasCode(error, ['NOT_FOUND'])) throw error;
    }
  }
}

/** Whether the user sees this tab. */
export function useVisible(): boolean {
  const [isVisible, setVisible] = useState(document.visibilityState === 'visible');
  useEffect(() => {
    const update = () => setVisible(document.visibilityState === 'visible');
    update();
    document.addEventListener('visibilitychange', update);
    return () => document.removeEventListener('visibilitychange', update);
  }, []);
  return isVisible;
}
