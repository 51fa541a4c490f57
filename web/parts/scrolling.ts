import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** The distance from the end, in pixels, up to which the view counts as being at the end. */
const AT_END_WITHIN = 80;
/** The same after scrolling up, so that even a small movement leaves the end. */
const STILL_AT_END_WITHIN = 2;
/** Whether the browser keeps visible items in place, which doesn't interrupt a smooth scroll. None does at the very top. */
const KEEPS_PLACE = CSS.supports('overflow-anchor', 'auto');
/** Content is loaded when this close to the visible area, so that it is usually there in time. */
const LOAD_WITHIN = '300px';

export interface StickyScrollContent {
  /** Identifies the end of the content. A change means that something was added there. */
  last: unknown;
  /** Identifies the item that the user has sent last. A new one scrolls to the end. */
  sent: unknown;
  /** Whether the content ends where the whole does. If not, its end isn't a place to stay at. */
  isComplete: boolean;
  /** Identifies the item that the user has looked for last. A new one scrolls to it. */
  target: unknown;
  /** The indexes of its group and of the item in it. */
  placeOfTarget(): { group: number; entry: number } | null;
}

/** An item at the top of the visible area, and its distance from there in pixels. */
interface Anchor {
  item: Element;
  offset: number;
}

/**
 * Keeps the scroll position of an element: at the end if it is there, and otherwise on the visible items while others are added or change
 * above. The content consists of groups of items. `hasNews` is true if something was added at the end while the view was elsewhere.
 */
export function useStickyScroll<E extends HTMLElement, C extends HTMLElement>({
  last,
  sent,
  isComplete,
  target,
  placeOfTarget,
}: StickyScrollContent) {
  const ref = useRef<E>(null);
  const contentRef = useRef<C>(null);
  /** Null at the end. */
  const anchor = useRef<Anchor | null>(null);
  const top = useRef(0);
  const previous = useRef({ last, sent, isComplete, target });
  const [isAway, setAway] = useState(false);
  const [hasNews, setNews] = useState(false);

  const keepPlace = () => {
    const element = ref.current;
    if (!element) return;
    if (anchor.current === null) element.scrollTop = element.scrollHeight;
    else if (anchor.current.item.isConnected) {
      const moved = distance(element, anchor.current.item) - anchor.current.offset;
      if (Math.abs(moved) >= 1) element.scrollTop += moved;
    }
    top.current = element.scrollTop;
  };
  const stayAtEnd = () => {
    anchor.current = null;
    setAway(false);
    setNews(false);
  };

  const stayAtTarget = () => {
    const place = placeOfTarget();
    const item = place && contentRef.current?.children[place.group]?.children[place.entry];
    if (!item) return;
    anchor.current = { item, offset: 0 };
    setAway(true);
    setNews(false);
  };

  useLayoutEffect(() => {
    const before = previous.current;
    previous.current = { last, sent, isComplete, target };
    if (sent !== undefined && sent !== before.sent) stayAtEnd();
    else if (target !== before.target) stayAtTarget();
    else if (anchor.current !== null && before.last !== last && before.isComplete && isComplete)
      setNews(true);
    keepPlace();
  });

  // The element shrinks when the composer grows or an on-screen keyboard opens. The content changes when it is laid out for the first time.
  useEffect(() => {
    const element = ref.current;
    if (!element || !contentRef.current) return;
    // Some browsers don't make scrolling elements focusable by keyboard.
    element.tabIndex = 0;
    const observer = new ResizeObserver(() => {
      if (anchor.current === null || !KEEPS_PLACE) keepPlace();
    });
    observer.observe(element);
    observer.observe(contentRef.current);
    return () => observer.disconnect();
  }, []);

  return {
    ref,
    contentRef,
    isAway,
    hasNews,
    onScroll() {
      const element = ref.current;
      if (!element) return;
      const { scrollHeight, scrollTop, clientHeight } = element;
      const within = scrollTop < top.current ? STILL_AT_END_WITHIN : AT_END_WITHIN;
      top.current = scrollTop;
      if (isComplete && scrollHeight - scrollTop - clientHeight < within) return stayAtEnd();
      const item = contentRef.current && firstVisible(element, contentRef.current);
      if (!item) return;
      anchor.current = { item, offset: distance(element, item) };
      setAway(true);
    },
    scrollToEnd() {
      stayAtEnd();
      keepPlace();
      ref.current?.focus({ preventScroll: true });
    },
  };
}

function distance(element: Element, item: Element): number {
  return item.getBoundingClientRect().top - element.getBoundingClientRect().top;
}

/** The first item of the groups in the content that ends below the top of the visible area. */
function firstVisible(element: Element, content: Element): Element | undefined {
  const top = element.getBoundingClientRect().top;
  const firstBelow = (items: readonly Element[]) =>
    items.find((item) => item.getBoundingClientRect().bottom > top);
  const group = firstBelow([...content.children]);
  return group && (firstBelow([...group.children]) ?? group);
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
