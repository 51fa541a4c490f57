import { useRef } from 'preact/hooks';
import type { Session } from '../../src/domain/session';
import { Avatar, Icon, type IconName } from '../parts/graphics';
import { moveFocus } from '../parts/moveFocus';
import { useLoadOnScroll } from '../parts/scrolling';
import { useOutbox } from '../state/hooks';
import { addressOf } from '../state/route';
import { activityOf, nameOf } from '../state/sessionList';
import { shortTime } from '../text/dates';
import { messageCount } from '../text/labels';

export interface SessionRowsProps {
  sessions: readonly Session[];
  openId: string | null;
  /** The number of loaded sessions, including those that the search hides. */
  loadedCount: number;
  /** Loads the next page; null if all sessions are loaded. */
  loadMore: (() => void) | null;
  onRename(session: Session): void;
  onDelete(session: Session): void;
}

/** The list of chats. The arrow keys move the focus, Enter opens a chat, F2 renames and Delete deletes it. */
export function SessionRows(props: SessionRowsProps) {
  const { sessions, openId, loadedCount, loadMore, onRename, onDelete } = props;
  const root = useRef<HTMLElement>(null);
  const end = useLoadOnScroll<HTMLDivElement>(loadMore, loadedCount);
  const withUnsent = new Set(useOutbox().map(({ sessionId }) => sessionId));
  const tabStop = sessions.find(({ id }) => id === openId) ?? sessions[0];

  const onKeyDown = (event: KeyboardEvent) => {
    if (moveFocus(event, root.current?.querySelectorAll<HTMLElement>('a') ?? [])) return;
    const focusedId = document.activeElement?.closest('li')?.dataset.session;
    const session = sessions.find(({ id }) => id === focusedId);
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
            isOpen={session.id === openId}
            isTabStop={session === tabStop}
            hasUnsent={withUnsent.has(session.id)}
            onRename={() => onRename(session)}
            onDelete={() => onDelete(session)}
          />
        ))}
      </ul>
      <div ref={end} />
    </nav>
  );
}

interface SessionRowProps {
  session: Session;
  isOpen: boolean;
  /** The Tab key stops at one row only; the arrow keys lead to the others. */
  isTabStop: boolean;
  /** Whether the outbox contains messages of this session. */
  hasUnsent: boolean;
  onRename(): void;
  onDelete(): void;
}

function SessionRow({ session, isOpen, isTabStop, hasUnsent, onRename, onDelete }: SessionRowProps) {
  const name = nameOf(session);
  const tabIndex = isTabStop ? 0 : -1;
  return (
    <li class="session" data-session={session.id}>
      <a
        class="session-link"
        href={addressOf(session.id)}
        aria-current={isOpen ? 'page' : undefined}
        aria-keyshortcuts="F2 Delete"
        tabIndex={tabIndex}
      >
        <Avatar id={session.id} name={name} />
        <span class="session-text">
          <span class="session-name" dir="auto">
            {name}
          </span>
          <span class="session-detail">{hasUnsent ? 'Waiting to send…' : messageCount(session.lastSeq)}</span>
        </span>
        <time class="session-time" dateTime={activityOf(session)}>
          {shortTime(activityOf(session))}
        </time>
      </a>
      <span class="session-actions">
        <RowButton icon="pencil" label={`Rename ${name}`} tabIndex={tabIndex} onClick={onRename} />
        <RowButton icon="trash" label={`Delete ${name}`} tabIndex={tabIndex} onClick={onDelete} />
      </span>
    </li>
  );
}

interface RowButtonProps {
  icon: IconName;
  label: string;
  tabIndex: number;
  onClick(): void;
}

function RowButton({ icon, label, tabIndex, onClick }: RowButtonProps) {
  return (
    <button type="button" class="icon-button" aria-label={label} tabIndex={tabIndex} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
