/** Moves the focus among elements that stand below each other, by arrow keys, Home and End. True if the key was one of them. */
export function moveFocus(event: KeyboardEvent, elements: Iterable<HTMLElement>): boolean {
  const all = [...elements];
  const { activeElement } = document;
  const at = activeElement instanceof HTMLElement ? all.indexOf(activeElement) : -1;
  const target = targetOf(event.key, at, all.length);
  if (target === null) return false;
  event.preventDefault();
  all[target]?.focus();
  return true;
}

function targetOf(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(at + 1, count - 1);
    case 'ArrowUp':
      return Math.max(at - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
