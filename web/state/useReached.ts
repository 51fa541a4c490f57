import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** How near to the visible part an element counts as reached, so that what follows is there in time. */
const NEAR = '300px';

/**
 * Calls `reached` when an element comes near to what is visible, and again after each change of `content` if it is still there.
 * Null switches it off.
 */
export function useReached<E extends HTMLElement>(
  reached: (() => void) | null,
  content: unknown,
): RefObject<E | null> {
  const ref = useRef<E>(null);
  const latest = useRef(reached);
  latest.current = reached;
  const isOn = reached !== null;
  useEffect(() => {
    const element = ref.current;
    if (!element || !isOn) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) latest.current?.();
      },
      { root: element.parentElement, rootMargin: NEAR },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [isOn, content]);
  return ref;
}
