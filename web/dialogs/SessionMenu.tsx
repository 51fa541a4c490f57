import type { ComponentChildren } from 'preact';
import type { ExportedFile } from '../../client/src';
import type { ExportFormat } from '../../src/domain/fields';
import type { Session, SessionChanges } from '../../src/domain/session';
import { Menu, MenuItem, type MenuProps } from '../parts/Menu';
import { useClient } from '../state/hooks';
import { notify } from '../state/notices';
import type { SessionList } from '../state/sessionList';
import { explain } from '../text/errors';
import type { SessionDialogsProps } from './sessionDialogs';

export interface SessionMenuProps extends Pick<MenuProps, 'label' | 'opens' | 'tabIndex'> {
  session: Session;
  sessions: SessionList;
  button: ComponentChildren;
  /** Further `MenuItem`s, which come first. */
  children?: ComponentChildren;
  /** Opens a dialog of `SessionDialogs`. */
  onDialog(dialog: SessionDialogsProps['open']): void;
}

/** A button that opens the actions of a chat. */
export function SessionMenu({ session, sessions, onDialog, children, ...menu }: SessionMenuProps) {
  const client = useClient();
  const { id, pinned, archived } = session;
  const change = (changes: SessionChanges, done?: string) => {
    sessions
      .change(id, changes)
      .then(() => done && notify(done))
      .catch((error: unknown) => notify(`The chat was not changed. ${explain(error)}`));
  };
  const exportAs = (format: ExportFormat) => void save(() => client.sessions.export(id, { format }));
  return (
    <Menu {...menu}>
      {children}
      <MenuItem icon="pin" label={pinned ? 'Unpin' : 'Pin'} onChoose={() => change({ pinned: !pinned })} />
      <MenuItem icon="pencil" label="Rename" onChoose={() => onDialog({ kind: 'rename', session })} />
      <MenuItem
        icon="archive"
        label={archived ? 'Unarchive' : 'Archive'}
        onChoose={() =>
          change(
            { archived: !archived },
            archived ? 'The chat is back in the list.' : 'The chat is in the archive.',
          )
        }
      />
      <MenuItem icon="download" label="Export as Markdown" onChoose={() => exportAs('markdown')} />
      <MenuItem icon="download" label="Export as JSON Lines" onChoose={() => exportAs('jsonl')} />
      <MenuItem
        icon="trash"
        label="Delete"
        isDangerous
        onChoose={() => onDialog({ kind: 'delete', session })}
      />
    </Menu>
  );
}

/** Exports something into the user's folder of downloads. */
export async function save(exported: () => Promise<ExportedFile>): Promise<void> {
  try {
    const { fileName, mediaType, content } = await exported();
    const url = URL.createObjectURL(new Blob([content], { type: mediaType }));
    Object.assign(document.createElement('a'), { href: url, download: fileName }).click();
    // The browser has its own reference to the content from the click on.
    URL.revokeObjectURL(url);
  } catch (error) {
    notify(`The export failed. ${explain(error)}`);
  }
}
