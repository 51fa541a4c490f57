import { useEffect, useRef, useState } from 'preact/hooks';
import type { Session } from '../../src/domain/session';
import type { User } from '../../src/domain/user';
import { DeleteDialog } from '../dialogs/DeleteDialog';
import { RenameDialog } from '../dialogs/RenameDialog';
import { Icon } from '../parts/Icon';
import { Logo } from '../parts/Logo';
import { useObservable } from '../state/observable';
import type { SessionList } from '../state/sessionList';
import { searched } from '../state/sessionOrder';
import type { StartChat } from '../state/useStartChat';
import { AccountMenu } from './AccountMenu';
import { SearchField } from './SearchField';
import { SessionRows } from './SessionRows';

export interface SidebarProps {
  user: User;
  sessions: SessionList;
  chosen: string | null;
  startChat: StartChat;
}

type Change = { kind: 'rename' | 'delete'; session: Session };

/** The list of chats, with what can be done with it, and the account. */
export function Sidebar({ user, sessions, chosen, startChat }: SidebarProps) {
  const { sessions: all, nextCursor, problem } = useObservable(sessions.state);
  const [words, setWords] = useState('');
  const [change, setChange] = useState<Change | null>(null);
  const found = searched(all, words);
  const endChange = () => setChange(null);
  const root = useRef<HTMLElement>(null);

  // What had the focus may be gone, with the chat that it belonged to: whoever uses keys goes on from here.
  useEffect(() => {
    if (document.activeElement !== document.body) return;
    const find = (selector: string) => root.current?.querySelector<HTMLElement>(selector);
    (find('.session-link[tabindex="0"]') ?? find('.sidebar-head button'))?.focus();
  }, [chosen, change]);

  return (
    <aside class="sidebar" aria-label="Chats" ref={root}>
      <header class="sidebar-head">
        <Logo />
        <h1>Smart Chat</h1>
        <button
          type="button"
          class="button button-accent button-small"
          aria-disabled={startChat.busy}
          onClick={startChat.start}
        >
          <Icon name="plus" />
          New chat
        </button>
      </header>
      {all.length > 0 && <SearchField words={words} onChange={setWords} />}
      <SessionRows
        sessions={found}
        chosen={chosen}
        known={all.length}
        loadMore={nextCursor ? () => void sessions.loadMore() : null}
        onRename={(session) => setChange({ kind: 'rename', session })}
        onDelete={(session) => setChange({ kind: 'delete', session })}
      />
      <p class="sidebar-state" role="status">
        {textOf({ problem, nextCursor, words, all, found })}
      </p>
      <AccountMenu user={user} />
      {change?.kind === 'rename' && (
        <RenameDialog session={change.session} sessions={sessions} onClose={endChange} />
      )}
      {change?.kind === 'delete' && (
        <DeleteDialog session={change.session} sessions={sessions} onClose={endChange} />
      )}
    </aside>
  );
}

interface ListState {
  problem: string | null;
  nextCursor: string | null | undefined;
  words: string;
  all: readonly Session[];
  found: readonly Session[];
}

/** What there is to say below the rows. */
function textOf({ problem, nextCursor, words, all, found }: ListState): string | null {
  if (problem !== null) return problem;
  if (nextCursor === undefined) return 'Loading your chats…';
  if (all.length === 0) return 'No chats yet.';
  if (found.length === 0 && nextCursor !== null) return 'Searching…';
  if (found.length === 0) return `No chat’s name contains “${words.trim()}”.`;
  return null;
}
