import { useEffect, useRef, useState } from 'preact/hooks';
import { MAX_NAME_LENGTH } from '../../src/domain/limits';
import type { Session } from '../../src/domain/session';
import type { User } from '../../src/domain/user';
import { LazyDialog } from '../dialogs/LazyDialog';
import type { SessionDialogsProps } from '../dialogs/sessionDialogs';
import { Icon, Logo } from '../parts/graphics';
import { useMedia, useObservable } from '../state/hooks';
import { type SessionList, searchByName } from '../state/sessionList';
import { PAGE_TITLE } from '../text/settings';
import { AccountMenu } from './AccountMenu';
import { SessionRows } from './SessionRows';

/** The longest name in UTF-16 units. A longer query finds nothing. */
const MAX_QUERY_LENGTH = 2 * MAX_NAME_LENGTH;

export interface SidebarProps {
  user: User;
  sessions: SessionList;
  /** The session that is open, if any. */
  openId: string | null;
  /** Opens a new chat. */
  startChat(): void;
}

/** The list of chats with its search and actions, and the account menu. */
export function Sidebar({ user, sessions, openId, startChat }: SidebarProps) {
  const { sessions: known, nextCursor, nextArchivedCursor, problem } = useObservable(sessions.state);
  const [isArchive, setArchive] = useState(false);
  const all = known.filter(({ archived }) => archived === isArchive);
  const cursor = isArchive ? nextArchivedCursor : nextCursor;
  const [query, setQuery] = useState('');
  const [dialog, setDialog] = useState<SessionDialogsProps['open']>(null);
  const found = searchByName(all, query);
  const root = useRef<HTMLDivElement>(null);
  const isNarrow = useMedia('(max-width: 48rem)');
  // The heading of the page is the name of the open chat.
  const Title = openId === null ? 'h1' : 'p';

  const switchList = () => {
    if (!isArchive) sessions.showArchive();
    setArchive(!isArchive);
    setQuery('');
  };

  // The focused element may have been removed together with a chat. Keyboard users continue from the list.
  useEffect(() => {
    if (document.activeElement !== document.body) return;
    const find = (selector: string) => root.current?.querySelector<HTMLElement>(selector);
    (find('.session-link[tabindex="0"]') ?? find('.sidebar-head button'))?.focus();
  }, [openId, dialog]);

  return (
    <div class="sidebar" {...landmark(isNarrow, openId !== null)} ref={root}>
      <div class="sidebar-head">
        <Logo />
        <Title class="sidebar-title">{PAGE_TITLE}</Title>
        <button
          type="button"
          class="button button-accent button-small"
          aria-keyshortcuts="Control+Shift+O"
          onClick={startChat}
        >
          <Icon name="plus" />
          New chat
        </button>
      </div>
      {all.length > 0 && <SearchField query={query} onChange={setQuery} />}
      <button type="button" class="archive-switch" onClick={switchList}>
        <Icon name={isArchive ? 'back' : 'archive'} />
        {isArchive ? 'Back to your chats' : 'Archived chats'}
      </button>
      <SessionRows
        key={isArchive}
        label={isArchive ? 'Archived chats' : 'Your chats'}
        shown={found}
        sessions={sessions}
        openId={openId}
        loadedCount={all.length}
        loadMore={cursor ? () => void sessions.loadMore(isArchive) : null}
        onDialog={setDialog}
      />
      <p class="sidebar-state" role="status">
        {listStatus({ problem, cursor, query, isArchive, all, found })}
        {problem !== null && (
          <>
            {' '}
            <button type="button" class="link-button" onClick={() => void sessions.refresh()}>
              Try again
            </button>
          </>
        )}
      </p>
      <AccountMenu user={user} />
      {dialog && (
        <LazyDialog onClose={() => setDialog(null)}>
          {({ SessionDialogs }) => (
            <SessionDialogs open={dialog} sessions={sessions} onClose={() => setDialog(null)} />
          )}
        </LazyDialog>
      )}
    </div>
  );
}

/** A narrow page shows either the list, as its main content, or the open chat. */
function landmark(isNarrow: boolean, hasOpenChat: boolean) {
  if (isNarrow && hasOpenChat) return {};
  return { role: isNarrow ? 'main' : 'complementary', 'aria-label': 'Chats' } as const;
}

interface SearchFieldProps {
  query: string;
  onChange(query: string): void;
}

/** Filters the list by name. Escape clears it. */
function SearchField({ query, onChange }: SearchFieldProps) {
  return (
    <search class="search">
      <Icon name="search" />
      <input
        type="search"
        aria-keyshortcuts="Control+K"
        aria-label="Search chats by name"
        placeholder="Search chats by name"
        autoComplete="off"
        maxLength={MAX_QUERY_LENGTH}
        value={query}
        onInput={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onChange('');
        }}
      />
    </search>
  );
}

interface ListStatus {
  problem: string | null;
  /** The cursor of the next page. */
  cursor: string | null | undefined;
  query: string;
  isArchive: boolean;
  all: readonly Session[];
  found: readonly Session[];
}

/** The text below the rows. */
function listStatus({ problem, cursor, query, isArchive, all, found }: ListStatus): string | null {
  if (problem !== null) return problem;
  if (cursor === undefined) return 'Loading your chats…';
  if (all.length === 0 && cursor === null) return isArchive ? 'No archived chats.' : 'No chats yet.';
  if (found.length === 0 && cursor !== null) return 'Searching…';
  if (found.length === 0) return `No chat’s name contains “${query.trim()}”.`;
  return null;
}
