import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** This near to the end one counts as being there, in pixels. */
const NEAR_END = 80;

export interface StickyScrollContent {
  /** Identifies what stands first and last: a change tells that something was added there. */
  first: unknown;
  last: unknown;
  /** Identifies what one has sent last: whoever sends wants to see it. */
  sent: unknown;
}

/**
 * Keeps the place in a scrolling element: at the end while one is at the end, and on what one looks at while more is added
 * above. `unseen` says that something was added at the end while one looked elsewhere.
 */
export function useStickyScroll({ first, last, sent }: StickyScrollContent) {
  const ref = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  const before = useRef({ first, last, sent, height: 0 });
  const [unseen, setUnseen] = useState(false);

  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const earlier = before.current;
    if (sent !== undefined && sent !== earlier.sent) isAtEnd.current = true;
    const isAddedAbove = earlier.first !== undefined && earlier.first !== first;
    if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else if (isAddedAbove) element.scrollTop += element.scrollHeight - earlier.height;
    else if (earlier.last !== last) setUnseen(true);
    before.current = { first, last, sent, height: element.scrollHeight };
  });

  // The place to write grows, a phone's keyboard opens: the end stays in sight.
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    // Not every browser lets keys reach what only scrolls.
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
      isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
      if (isAtEnd.current) setUnseen(false);
    },
    toLatest() {
      isAtEnd.current = true;
      setUnseen(false);
      ref.current?.scrollTo({ top: ref.current.scrollHeight });
    },
  };
}
