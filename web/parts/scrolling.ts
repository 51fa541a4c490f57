import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** The distance from the end, in pixels, up to which the view counts as being at the end. */
const AT_END_WITHIN = 80;
/** Content is loaded when this close to the visible area, so that it is usually there in time. */
const LOAD_WITHIN = '300px';

export interface StickyScrollContent {
  /** Identify the first and the last item. A change means that items were added there. */
  first: unknown;
  last: unknown;
  /** Identifies the item that the user has sent last. A new one scrolls to the end. */
  sent: unknown;
}

/**
 * Keeps the scroll position of an element: at the end if it is there, and otherwise on the visible items while older ones are
 * added above. `unseen` is true if items were added at the end while the view was elsewhere.
 */
export function useStickyScroll({ first, last, sent }: StickyScrollContent) {
  const ref = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  const previous = useRef({ first, last, sent, height: 0 });
  const [unseen, setUnseen] = useState(false);

  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const before = previous.current;
    if (sent !== undefined && sent !== before.sent) isAtEnd.current = true;
    const isAddedAbove = before.first !== undefined && before.first !== first;
    if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else if (isAddedAbove) element.scrollTop += element.scrollHeight - before.height;
    else if (before.last !== last) setUnseen(true);
    previous.current = { first, last, sent, height: element.scrollHeight };
  });

  // The element shrinks when the composer grows or an on-screen keyboard opens. The end stays visible.
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    // Some browsers don't make scrolling elements focusable by keyboard.
    element.tabIndex = 0;
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return {
    ref,
    unseen,
    onScroll(event: { currentTarget: HTMLElement }) {
      const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
      isAtEnd.current = scrollHeight - scrollTop - clientHeight < AT_END_WITHIN;
      if (isAtEnd.current) setUnseen(false);
    },
    scrollToEnd() {
      isAtEnd.current = true;
      setUnseen(false);
      ref.current?.scrollTo({ top: ref.current.scrollHeight });
    },
  };
}

/**
 * Calls `load` when the returned element comes close to the visible area, and again after each change of `content` if it is still
 * there. Null disables it.
 */
export function useLoadOnScroll<E extends HTMLElement>(
  load: (() => void) | null,
  content: unknown,
): RefObject<E | null> {
  const ref = useRef<E>(null);
  const latest = useRef(load);
  latest.current = load;
  const isEnabled = load !== null;
  useEffect(() => {
    const element = ref.current;
    if (!element || !isEnabled) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) latest.current?.();
      },
      { root: element.parentElement, rootMargin: LOAD_WITHIN },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [isEnabled, content]);
  return ref;
}
