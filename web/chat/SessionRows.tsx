import { useRef } from 'preact/hooks';
import type { Session } from '../../src/domain/session';
import { moveFocus } from '../parts/moveFocus';
import { useOutbox } from '../state/client';
import { useReached } from '../state/useReached';
import { SessionRow } from './SessionRow';

export interface SessionRowsProps {
  sessions: readonly Session[];
  chosen: string | null;
  /** How many are here, whether they are shown or not. */
  known: number;
  /** Reads more of the list; null when all is here. */
  loadMore: (() => void) | null;
  onRename(session: Session): void;
  onDelete(session: Session): void;
}

/** The chats below each other. Arrow keys move in them, Enter opens, F2 renames, Delete deletes. */
export function SessionRows(props: SessionRowsProps) {
  const { sessions, chosen, known, loadMore, onRename, onDelete } = props;
  const root = useRef<HTMLElement>(null);
  const end = useReached<HTMLDivElement>(loadMore, known);
  const waiting = new Set(useOutbox().map(({ sessionId }) => sessionId));
  const reachable = sessions.find(({ id }) => id === chosen) ?? sessions[0];

  const onKeyDown = (event: KeyboardEvent) => {
    if (moveFocus(event, root.current?.querySelectorAll<HTMLElement>('a') ?? [])) return;
    const focused = document.activeElement?.closest('li')?.dataset.session;
    const session = sessions.find(({ id }) => id === focused);
    if (!session) return;
    if (event.key === 'F2') onRename(session);
    else if (event.key === 'Delete') onDelete(session);
    else return;
    event.preventDefault();
  };

  return (
    <nav class="sessions" aria-label="Your chats" ref={root} onKeyDown={onKeyDown}>
      <ul>
        {sessions.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            isChosen={session.id === chosen}
            isReachable={session === reachable}
            isWaiting={waiting.has(session.id)}
            onRename={() => onRename(session)}
            onDelete={() => onDelete(session)}
          />
        ))}
      </ul>
      <div ref={end} />
    </nav>
  );
}
