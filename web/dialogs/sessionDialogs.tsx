import type { Session } from '../../src/domain/session';
import { Field } from '../parts/forms';
import { goTo, readRoute } from '../state/route';
import { nameOf, type SessionList } from '../state/sessionList';
import { ConfirmDialog, FormDialog } from './Dialog';

export interface SessionDialogsProps {
  /** The session and the dialog that is open for it, if any. */
  open: { kind: 'rename' | 'delete'; session: Session } | null;
  sessions: SessionList;
  onClose(): void;
}

/** The dialogs to rename and to delete a chat. */
export function SessionDialogs({ open, sessions, onClose }: SessionDialogsProps) {
  if (!open) return null;
  const { kind, session } = open;
  return kind === 'rename' ? (
    <FormDialog
      title="Rename chat"
      action="Rename"
      fields={['name']}
      submit={({ name = '' }) => sessions.rename(session.id, name.trim())}
      onClose={onClose}
    >
      {({ name }) => (
        <Field name="name" label="Name" autoComplete="off" initial={session.name ?? ''} problem={name} />
      )}
    </FormDialog>
  ) : (
    <ConfirmDialog
      title="Delete this chat?"
      action="Delete"
      onClose={onClose}
      onConfirm={async () => {
        await sessions.delete(session.id);
        if (readRoute() === session.id) goTo(null, { replace: true });
      }}
    >
      “{nameOf(session)}” and all its messages will be gone, on every device. This can’t be undone.
    </ConfirmDialog>
  );
}
