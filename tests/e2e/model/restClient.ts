import type { Message, MessagePage } from '../../../src/domain/message';
import { documentedFetch } from '../../support/documents/fetch';

export interface RestAnswer<T> {
  status: number;
  body: T;
}

const DEADLINE_MS = 10_000;

/** The REST calls of one user to their sessions. What is `NOT_FOUND` is null, any other failure an exception. */
export class RestClient {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async call<T>(method: string, path: string, input?: object): Promise<RestAnswer<T> | null> {
    const response = await documentedFetch(`${this.url}/api/sessions${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(input && { body: JSON.stringify(input) }),
    });
    const text = await response.text();
    if (response.status === 404 && text.includes('"code":"NOT_FOUND"')) return null;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return { status: response.status, body: JSON.parse(text || 'null') };
  }

  /** The whole history, page by page from its beginning or from its end; always ascending. */
  async history(sessionId: string, limit: number, forward: boolean): Promise<Message[] | null> {
    let history: Message[] = [];
    for (let hasMore = true; hasMore; ) {
      const cursor = forward ? `&after=${history.at(-1)?.seq ?? 0}` : beforeOf(history);
      const page = await this.call<MessagePage>('GET', `/${sessionId}/messages?limit=${limit}${cursor}`);
      if (!page) return null;
      const { messages } = page.body;
      history = forward ? [...history, ...messages] : [...messages, ...history];
      hasMore = page.body.hasMore;
      if (hasMore && messages.length !== limit) throw new Error('a page that is not the last is not full');
    }
    return history;
  }
}

function beforeOf([first]: readonly Message[]): string {
  return first ? `&before=${first.seq}` : '';
}
