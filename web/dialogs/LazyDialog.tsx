import type { ComponentChild } from 'preact';
import { useEffect } from 'preact/hooks';
import { useObservable } from '../state/hooks';
import { LazyProgram } from '../state/lazyProgram';
import { notify } from '../state/notices';
import { pageDialog, useShortcuts } from '../state/shortcuts';

type Dialogs = typeof import('./allDialogs');

const dialogs = new LazyProgram<Dialogs>(() => import('./allDialogs'));

export interface LazyDialogProps {
  onClose(): void;
  children(dialogs: Dialogs): ComponentChild;
}

/** A dialog of the program that is loaded later. It opens once it is loaded. */
export function LazyDialog({ onClose, children }: LazyDialogProps) {
  const loaded = dialogs.use(() => {
    notify('This could not be opened. Check your connection, then try again or reload the page.');
    onClose();
  });
  return loaded && <>{children(loaded)}</>;
}

/** The settings and the list of keyboard shortcuts, which shortcuts and menus open. */
export function PageDialogs() {
  const open = useObservable(pageDialog);
  useShortcuts();
  useEffect(() => () => pageDialog.set(null), []);
  // Loaded beforehand, because a dialog may be needed without a network, or after the server has a newer version of it.
  useEffect(() => void setTimeout(() => dialogs.load().catch(() => {}), PRELOAD_AFTER_MS), []);
  if (!open) return null;
  const close = () => pageDialog.set(null);
  return (
    <LazyDialog onClose={close}>
      {({ SettingsDialog, ShortcutsDialog }) =>
        open === 'settings' ? <SettingsDialog onClose={close} /> : <ShortcutsDialog onClose={close} />
      }
    </LazyDialog>
  );
}

/** The list of chats and the open chat come first. */
const PRELOAD_AFTER_MS = 500;
