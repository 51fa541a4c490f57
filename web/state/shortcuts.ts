import { useEffect } from 'preact/hooks';
import { Observable } from './observable';
import { preferences } from './preferences';
import { goTo } from './route';

/** The dialog about the page itself that is open. */
export const pageDialog = new Observable<'settings' | 'shortcuts' | null>(null);

/** The shortcuts of elements. A row of the list has others, for itself. */
const OF_ELEMENTS = ['Control+Shift+O', 'Control+K', 'Escape'];
const FIELDS = 'input, textarea, select';

/**
 * Handles the keyboard shortcuts. Elements have theirs in `aria-keyshortcuts`, so that screen readers know them too: a button is pressed,
 * a field gets the focus. Shortcuts without Ctrl or ⌘ don't apply while the user types.
 */
export function useShortcuts(): void {
  useEffect(() => {
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || preferences.value.shortcuts === 'off') return;
  if (document.querySelector('dialog[open]')) return;
  const name = nameOf(event);
  const isTyping = event.target instanceof Element && event.target.matches(FIELDS);
  if ((isTyping && !name.startsWith('Control+')) || !act(name)) return;
  event.preventDefault();
}

/** As in `aria-keyshortcuts`, with `Control` also for ⌘. */
function nameOf({ key, altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string {
  const modifiers = [
    (ctrlKey || metaKey) && 'Control',
    altKey && 'Alt',
    // Many keyboards need it for these.
    shiftKey && !'?/,'.includes(key) && 'Shift',
  ];
  return [...modifiers.filter(Boolean), key.length === 1 ? key.toUpperCase() : key].join('+');
}

/** Returns whether it is a shortcut of the page. */
function act(name: string): boolean {
  if (name === '?' || name === 'Control+/') pageDialog.set('shortcuts');
  else if (name === 'Control+,') pageDialog.set('settings');
  else return OF_ELEMENTS.includes(name) && activate(name);
  return true;
}

/** Returns whether an element has the shortcut. */
function activate(name: string): boolean {
  const element = document.querySelector<HTMLElement>(`[aria-keyshortcuts~="${name}"]`);
  if (!element) return false;
  if (!element.matches(FIELDS)) element.click();
  else if (element.getClientRects().length > 0) element.focus();
  else {
    // On a narrow page, the search is beside the list, and the list is not shown now.
    addEventListener('hashchange', () => requestAnimationFrame(() => element.focus()), { once: true });
    goTo(null);
  }
  return true;
}
