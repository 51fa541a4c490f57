import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './graphics';
import { moveFocus } from './moveFocus';

export interface MenuProps {
  /** The accessible name of the button, or the words before the text that it shows. */
  label: string;
  /** The side of the button on which the list opens. `floating`: where there is room, also outside of an area that scrolls. */
  opens: 'below' | 'above' | 'floating';
  /** Of the button. */
  tabIndex?: number;
  button: ComponentChildren;
  /** The `MenuItem`s. */
  children: ComponentChildren;
}

/** A button that opens a list of actions. The arrow keys move the focus; Escape and choosing an item close the list. */
export function Menu({ label, opens, tabIndex, button, children }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  useLayoutEffect(() => {
    if (!isOpen || opens !== 'floating' || !root.current || !list.current) return;
    placeBeside(root.current, list.current);
    const closeOnScroll = () => setOpen(false);
    addEventListener('scroll', closeOnScroll, true);
    addEventListener('resize', closeOnScroll);
    return () => {
      removeEventListener('scroll', closeOnScroll, true);
      removeEventListener('resize', closeOnScroll);
    };
  }, [isOpen]);

  useEffect(() => {
    if (!isOpen) return;
    root.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    const closeFromOutside = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    addEventListener('pointerdown', closeFromOutside);
    addEventListener('focusin', closeFromOutside);
    return () => {
      removeEventListener('pointerdown', closeFromOutside);
      removeEventListener('focusin', closeFromOutside);
    };
  }, [isOpen]);

  const close = () => {
    setOpen(false);
    root.current?.querySelector('button')?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    } else {
      moveFocus(event, root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? []);
    }
  };

  return (
    <div class={`menu menu-${opens}`} ref={root}>
      <button
        type="button"
        class="menu-button"
        id={`${id}-button`}
        tabIndex={tabIndex}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        <span class="visually-hidden">{label} </span>
        {button}
      </button>
      {isOpen && (
        // Captured before the item's own click handler: the focus returns to the button first, so that a dialog opened by the
        // item can later return it there too.
        <div
          ref={list}
          class="menu-list"
          role="menu"
          id={id}
          aria-labelledby={`${id}-button`}
          onClickCapture={close}
          onKeyDown={onKeyDown}
        >
          {children}
        </div>
      )}
    </div>
  );
}

/** Places the list below the button, or above it if there is more room. */
function placeBeside(button: HTMLElement, list: HTMLElement): void {
  const { top, bottom, right } = button.getBoundingClientRect();
  const { offsetHeight, offsetWidth } = list;
  const isBelow = bottom + offsetHeight <= innerHeight || top < innerHeight - bottom;
  const place = isBelow ? Math.min(bottom, innerHeight - offsetHeight) : top - offsetHeight;
  list.style.top = `${Math.max(0, place)}px`;
  list.style.left = `${Math.min(Math.max(0, right - offsetWidth), innerWidth - offsetWidth)}px`;
}

export interface MenuItemProps {
  icon: IconName;
  label: string;
  isDangerous?: boolean;
  onChoose(): void;
}

export function MenuItem({ icon, label, isDangerous = false, onChoose }: MenuItemProps) {
  return (
    <button
      type="button"
      role="menuitem"
      class={`menu-item ${isDangerous ? 'menu-item-danger' : ''}`}
      onClick={onChoose}
    >
      <Icon name={icon} />
      {label}
    </button>
  );
}
