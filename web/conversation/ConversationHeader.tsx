import { useState } from 'preact/hooks';
import type { Session } from '../../src/domain/session';
import { DeleteDialog } from '../dialogs/DeleteDialog';
import { RenameDialog } from '../dialogs/RenameDialog';
import { Icon } from '../parts/Icon';
import { Menu } from '../parts/Menu';
import { MenuItem } from '../parts/MenuItem';
import { addressOf } from '../state/route';
import type { SessionList } from '../state/sessionList';
import { messageCount } from '../text/counts';
import { dayInText } from '../text/dates';

export interface ConversationHeaderProps {
  /** Null until it is known. */
  session: Session | null;
  name: string;
  sessions: SessionList;
}

export function ConversationHeader({ session, name, sessions }: ConversationHeaderProps) {
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  const end = () => setDialog(null);
  return (
    <header class="conversation-head">
      <a class="icon-button back" href={addressOf(null)} aria-label="Back to all chats">
        <Icon name="back" />
      </a>
      <div class="conversation-title">
        <h2 dir="auto">{name}</h2>
        <p>{session && `${messageCount(session.lastSeq)} · begun ${dayInText(session.createdAt)}`}</p>
      </div>
      {session && (
        <Menu label="Chat actions" opens="below" button={<Icon name="more" />}>
          <MenuItem icon="pencil" label="Rename" onChoose={() => setDialog('rename')} />
          <MenuItem icon="trash" label="Delete" isDangerous onChoose={() => setDialog('delete')} />
        </Menu>
      )}
      {session && dialog === 'rename' && <RenameDialog session={session} sessions={sessions} onClose={end} />}
      {session && dialog === 'delete' && <DeleteDialog session={session} sessions={sessions} onClose={end} />}
    </header>
  );
}
