/** Moves the focus in a vertical list by the arrow keys, Home and End. Returns true if the key was one of them. */
export function moveFocus(event: KeyboardEvent, elements: Iterable<HTMLElement>): boolean {
  const all = [...elements];
  const { activeElement } = document;
  const current = activeElement instanceof HTMLElement ? all.indexOf(activeElement) : -1;
  const target = targetIndex(event.key, current, all.length);
  if (target === null) return false;
  event.preventDefault();
  all[target]?.focus();
  return true;
}

function targetIndex(key: string, current: number, count: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(current + 1, count - 1);
    case 'ArrowUp':
      return Math.max(current - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
