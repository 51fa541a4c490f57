import { useRef } from 'preact/hooks';
import type { Session } from '../../src/domain/session';
import { SessionMenu } from '../dialogs/SessionMenu';
import type { SessionDialogsProps } from '../dialogs/sessionDialogs';
import { Icon } from '../parts/graphics';
import { moveFocus } from '../parts/moveFocus';
import { useLoadOnScroll } from '../parts/scrolling';
import { useOutbox } from '../state/hooks';
import { addressOf } from '../state/route';
import { activityOf, groupSessions } from '../state/sessionGroups';
import { isUnread, nameOf, type SessionList } from '../state/sessionList';
import { shortTime } from '../text/dates';
import { withoutMarks } from '../text/previews';

export interface SessionRowsProps {
  /** What the list contains, as its accessible name. */
  label: string;
  /** The sessions to show, newest activity first. */
  shown: readonly Session[];
  sessions: SessionList;
  openId: string | null;
  /** The number of loaded sessions, including those that the search hides. */
  loadedCount: number;
  /** Loads the next page; null if all sessions are loaded. */
  loadMore: (() => void) | null;
  onDialog(dialog: SessionDialogsProps['open']): void;
}

/** The list of chats in groups. The arrow keys move the focus, Enter opens a chat, F2 renames and Delete deletes it. */
export function SessionRows(props: SessionRowsProps) {
  const { label, shown, sessions, openId, loadedCount, loadMore, onDialog } = props;
  const root = useRef<HTMLElement>(null);
  const end = useLoadOnScroll<HTMLDivElement>(loadMore, loadedCount);
  const withUnsent = new Set(useOutbox().map(({ sessionId }) => sessionId));
  const groups = groupSessions(shown);
  const tabStop = shown.find(({ id }) => id === openId) ?? groups[0]?.sessions[0];

  const onKeyDown = (event: KeyboardEvent) => {
    const rows = root.current?.querySelectorAll<HTMLElement>('a') ?? [];
    // The menu of a row may have handled it.
    if (event.defaultPrevented || moveFocus(event, rows)) return;
    const focusedId = document.activeElement?.closest('li')?.dataset.session;
    const session = shown.find(({ id }) => id === focusedId);
    if (!session || !sessions.isStored(session.id)) return;
    if (event.key === 'F2') onDialog({ kind: 'rename', session });
    else if (event.key === 'Delete') onDialog({ kind: 'delete', session });
    else return;
    event.preventDefault();
  };

  return (
    <nav
      class={`sessions ${groups.length === 0 ? 'sessions-empty' : ''}`}
      aria-label={label}
      ref={root}
      onKeyDown={onKeyDown}
    >
      {groups.map(({ title, sessions: members }) => (
        <section class="session-group" key={title}>
          <h2 class="session-group-title">{title}</h2>
          <ul>
            {members.map((session) => (
              <SessionRow
                key={session.id}
                session={session}
                sessions={sessions}
                isOpen={session.id === openId}
                isTabStop={session === tabStop}
                hasUnsent={withUnsent.has(session.id)}
                onDialog={onDialog}
              />
            ))}
          </ul>
        </section>
      ))}
      <div ref={end} />
    </nav>
  );
}

interface SessionRowProps extends Pick<SessionRowsProps, 'sessions' | 'onDialog'> {
  session: Session;
  isOpen: boolean;
  /** The Tab key stops at one row only; the arrow keys lead to the others. */
  isTabStop: boolean;
  /** Whether the outbox contains messages of this session. */
  hasUnsent: boolean;
}

function SessionRow({ session, sessions, isOpen, isTabStop, hasUnsent, onDialog }: SessionRowProps) {
  const { id } = session;
  const name = nameOf(session);
  const unread = isUnread(session);
  const tabIndex = isTabStop ? 0 : -1;
  return (
    <li class={`session ${unread ? 'session-unread' : ''}`} data-session={id}>
      <a
        class="session-link"
        href={addressOf(id)}
        aria-current={isOpen ? 'page' : undefined}
        aria-keyshortcuts="F2 Delete"
        tabIndex={tabIndex}
      >
        <span class="session-name" dir="auto">
          {name}
        </span>
        <time class="session-time" dateTime={activityOf(session)}>
          {shortTime(activityOf(session))}
        </time>
        <span class="session-preview" dir="auto">
          {hasUnsent ? 'Waiting to send…' : withoutMarks(session.preview ?? 'No messages yet')}
        </span>
        {unread && (
          <span class="unread-mark">
            <span class="visually-hidden">unread</span>
          </span>
        )}
      </a>
      {sessions.isStored(id) && (
        <span class="session-actions">
          <SessionMenu
            label={`Actions for ${name}`}
            opens="floating"
            button={<Icon name="more" />}
            tabIndex={tabIndex}
            session={session}
            sessions={sessions}
            onDialog={onDialog}
          />
        </span>
      )}
    </li>
  );
}
