import type { Session } from '../../src/domain/session';
import { Avatar } from '../parts/Avatar';
import { Icon } from '../parts/Icon';
import { addressOf } from '../state/route';
import { activityOf, nameOf } from '../state/sessionOrder';
import { messageCount } from '../text/counts';
import { shortTime } from '../text/dates';

export interface SessionRowProps {
  session: Session;
  isChosen: boolean;
  /** Whether the Tab key stops here: at one row of all, from which arrow keys lead to the others. */
  isReachable: boolean;
  /** Whether messages of it wait to be sent. */
  isWaiting: boolean;
  onRename(): void;
  onDelete(): void;
}

export function SessionRow(props: SessionRowProps) {
  const { session, isChosen, isReachable, isWaiting, onRename, onDelete } = props;
  const name = nameOf(session);
  const tabIndex = isReachable ? 0 : -1;
  return (
    <li class="session" data-session={session.id}>
      <a
        class="session-link"
        href={addressOf(session.id)}
        aria-current={isChosen ? 'page' : undefined}
        aria-keyshortcuts="F2 Delete"
        tabIndex={tabIndex}
      >
        <Avatar id={session.id} name={name} />
        <span class="session-text">
          <span class="session-name" dir="auto">
            {name}
          </span>
          <span class="session-detail">{isWaiting ? 'Waiting to send…' : messageCount(session.lastSeq)}</span>
        </span>
        <time class="session-time" dateTime={activityOf(session)}>
          {shortTime(activityOf(session))}
        </time>
      </a>
      <span class="session-actions">
        <button
          type="button"
          class="icon-button"
          aria-label={`Rename ${name}`}
          tabIndex={tabIndex}
          onClick={onRename}
        >
          <Icon name="pencil" />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={`Delete ${name}`}
          tabIndex={tabIndex}
          onClick={onDelete}
        >
          <Icon name="trash" />
        </button>
      </span>
    </li>
  );
}
