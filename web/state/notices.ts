import { Observable } from './observable';

/** A short text that is shown for a while. */
export interface Notice {
  id: number;
  text: string;
}

const SHOWN_MS = 6_000;

/** What the page has to tell at the moment; a new notice takes the place of the one before. */
export const notice = new Observable<Notice | null>(null);

let count = 0;

/** Tells something in passing: what nobody has to answer. */
export function notify(text: string): void {
  count += 1;
  const id = count;
  notice.set({ id, text });
  setTimeout(() => {
    if (notice.value?.id === id) notice.set(null);
  }, SHOWN_MS);
}
