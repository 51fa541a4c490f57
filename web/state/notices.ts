import { Observable } from './observable';

/** A short text, shown for some seconds. */
export interface Notice {
  id: number;
  text: string;
}

const SHOWN_MS = 6_000;

/** The current notice. A new one replaces it. */
export const notice = new Observable<Notice | null>(null);

let lastId = 0;

/** Shows a notice. */
export function notify(text: string): void {
  lastId += 1;
  const id = lastId;
  notice.set({ id, text });
  setTimeout(() => {
    if (notice.value?.id === id) notice.set(null);
  }, SHOWN_MS);
}
