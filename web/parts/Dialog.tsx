import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

export interface DialogProps {
  title: string;
  onClose(): void;
  children: ComponentChildren;
}

/**
 * A dialog above everything else. The browser's own keeps the focus inside, closes on Escape, and gives the focus back to
 * where it was.
 */
export function Dialog({ title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-labelledby={id}
      onClose={(event) => {
        // A dialog that was taken away tells later, when another may be open.
        if (event.currentTarget.isConnected) onClose();
      }}
      onMouseDown={(event) => {
        // Not the second click of a double click on what has opened it.
        if (event.detail < 2 && isAround(event.currentTarget, event)) event.currentTarget.close();
      }}
    >
      <div class="dialog-content">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

/** Whether it happened outside of the dialog: its backdrop and its scrollbar count as the dialog itself. */
function isAround(dialog: HTMLElement, { target, clientX: x, clientY: y }: MouseEvent): boolean {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return target === dialog && (x < left || x > right || y < top || y > bottom);
}
