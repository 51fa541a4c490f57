import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { moveFocus } from './moveFocus';

export interface MenuProps {
  label: string;
  /** Where the list opens, seen from its button. */
  opens: 'below' | 'above';
  button: ComponentChildren;
  /** `MenuItem`s, and what explains them. */
  children: ComponentChildren;
}

/** A button that opens a list of actions. Arrow keys move in it, Escape and a choice close it. */
export function Menu({ label, opens, button, children }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();

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
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen && (
        // A choice gives the focus back first, so that a dialog it opens can do the same when it closes.
        <div
          class="menu-list"
          role="menu"
          id={id}
          aria-label={label}
          onClickCapture={close}
          onKeyDown={onKeyDown}
        >
          {children}
        </div>
      )}
    </div>
  );
}
