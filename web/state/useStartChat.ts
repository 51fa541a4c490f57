import { useState } from 'preact/hooks';
import { explain } from '../text/errorText';
import { notify } from './notices';
import { goTo } from './route';
import type { SessionList } from './sessionList';

export interface StartChat {
  /** Makes a new chat and shows it. */
  start(event: MouseEvent): Promise<void>;
  busy: boolean;
}

/** The way into a new chat. */
export function useStartChat(sessions: SessionList): StartChat {
  const [busy, setBusy] = useState(false);
  return {
    busy,
    async start({ detail }) {
      // The second click of a double click wants no second chat.
      if (busy || detail > 1) return;
      setBusy(true);
      try {
        const { id } = await sessions.create();
        goTo(id);
      } catch (error) {
        notify(`The chat could not be started. ${explain(error)}`);
      } finally {
        setBusy(false);
      }
    },
  };
}
