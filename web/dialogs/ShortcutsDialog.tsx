import { useObservable } from '../state/hooks';
import { preferences } from '../state/preferences';
import { pageDialog } from '../state/shortcuts';
import { commandKey } from '../text/labels';
import { Dialog } from './Dialog';

type Shortcuts = readonly (readonly [name: string, ...keys: string[]])[];

/** The keyboard shortcuts. */
export function ShortcutsDialog({ onClose }: { onClose(): void }) {
  const { enter, shortcuts } = useObservable(preferences);
  const command = commandKey();
  const everywhere: Shortcuts = [
    ['New chat', command, 'Shift', 'O'],
    ['Search chats', command, 'K'],
    ['Settings', command, ','],
    ['Keyboard shortcuts', command, '/'],
  ];
  const notTyping: Shortcuts = [
    ['Keyboard shortcuts', '?'],
    ['Write a message', 'Esc'],
  ];
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      {shortcuts === 'off' && <p>The first two groups are off. You can turn them on in the settings.</p>}
      <Group title="Everywhere" shortcuts={everywhere} />
      <Group title="While not typing" shortcuts={notTyping} />
      <Group
        title="In a message"
        shortcuts={[
          ['Send', ...(enter === 'send' ? [] : [command]), 'Enter'],
          ['New line', ...(enter === 'send' ? ['Shift'] : []), 'Enter'],
        ]}
      />
      <Group
        title="In the list of chats"
        shortcuts={[
          ['Next or previous chat', '↓ ↑'],
          ['Rename', 'F2'],
          ['Delete', 'Delete'],
        ]}
      />
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => pageDialog.set('settings')}>
          Settings
        </button>
        <button type="button" class="button button-accent" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}

function Group({ title, shortcuts }: { title: string; shortcuts: Shortcuts }) {
  return (
    <section class="shortcuts">
      <h3>{title}</h3>
      <dl>
        {shortcuts.map(([name, ...keys]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
