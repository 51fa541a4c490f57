import { useEffect, useState } from 'preact/hooks';
import type { Session } from '../../src/domain/session';
import { LazyDialog } from '../dialogs/LazyDialog';
import { SessionMenu } from '../dialogs/SessionMenu';
import type { SessionDialogsProps } from '../dialogs/sessionDialogs';
import { Icon } from '../parts/graphics';
import { MenuItem } from '../parts/Menu';
import type { FoundMessages } from '../state/conversation';
import { useConnection, useOutbox } from '../state/hooks';
import { addressOf, goBackToList } from '../state/route';
import type { SessionList } from '../state/sessionList';
import { dayInText } from '../text/dates';
import { messageCount } from '../text/labels';

export interface ConversationHeaderProps {
  /** Null until it is loaded. */
  session: Session | null;
  name: string;
  sessions: SessionList;
  /** Shows messages that the user has looked for. */
  onFound(result: FoundMessages): void;
}

export function ConversationHeader({ session, name, sessions, onFound }: ConversationHeaderProps) {
  const [dialog, setDialog] = useState<SessionDialogsProps['open']>(null);
  const [jumps, setJumps] = useState(false);
  return (
    <header class="conversation-head">
      <a
        class="icon-button back"
        href={addressOf(null)}
        aria-label="Back to all chats"
        onClick={goBackToList}
      >
        <Icon name="back" />
      </a>
      <div class="conversation-title">
        <h1 dir="auto">{name}</h1>
        <p>{session && `${messageCount(session.lastSeq)} · begun ${dayInText(session.createdAt)}`}</p>
      </div>
      {session && (
        <SessionMenu
          label="Chat actions"
          opens="below"
          button={<Icon name="more" />}
          session={session}
          sessions={sessions}
          onDialog={setDialog}
        >
          <MenuItem icon="calendar" label="Jump to a date" onChoose={() => setJumps(true)} />
        </SessionMenu>
      )}
      {dialog && (
        <LazyDialog onClose={() => setDialog(null)}>
          {({ SessionDialogs }) => (
            <SessionDialogs open={dialog} sessions={sessions} onClose={() => setDialog(null)} />
          )}
        </LazyDialog>
      )}
      {session && jumps && (
        <LazyDialog onClose={() => setJumps(false)}>
          {({ JumpDialog }) => (
            <JumpDialog session={session} onFound={onFound} onClose={() => setJumps(false)} />
          )}
        </LazyDialog>
      )}
    </header>
  );
}

/** Interruptions shorter than this are not shown. */
const SHOW_AFTER_MS = 1_000;

/** Shown while the connection is lost. */
export function ConnectionBanner() {
  const isOffline = useDelayed(useConnection() !== 'online', SHOW_AFTER_MS);
  const unsent = useOutbox().length;
  return (
    <div class="banner-place" role="status">
      {isOffline && (
        <p class="banner">
          <span class="spinner" aria-hidden="true" />
          <span>
            <strong>Reconnecting…</strong> {bannerText(unsent)}
          </span>
        </p>
      )}
    </div>
  );
}

function bannerText(unsent: number): string {
  if (unsent === 0) return 'You can keep writing: messages are sent when the connection is back.';
  const subject = unsent === 1 ? '1 message waits' : `${unsent} messages wait`;
  return `${subject} and will be sent when the connection is back.`;
}

/** True once the condition has been true for this long without interruption. */
function useDelayed(condition: boolean, milliseconds: number): boolean {
  const [hasElapsed, setElapsed] = useState(false);
  useEffect(() => {
    if (!condition) return setElapsed(false);
    const timer = setTimeout(() => setElapsed(true), milliseconds);
    return () => clearTimeout(timer);
  }, [condition, milliseconds]);
  return condition && hasElapsed;
}
