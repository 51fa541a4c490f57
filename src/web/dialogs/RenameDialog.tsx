import type { Session } from '../../domain/session';
import { Dialog } from '../parts/Dialog';
import { Field } from '../parts/Field';
import { SubmitButton } from '../parts/SubmitButton';
import type { SessionList } from '../state/sessionList';
import { useSubmit } from '../state/useSubmit';

export interface SessionDialogProps {
  session: Session;
  sessions: SessionList;
  onClose(): void;
}

export function RenameDialog({ session, sessions, onClose }: SessionDialogProps) {
  const { busy, problems, onSubmit } = useSubmit(['name'], async ({ name = '' }) => {
    await sessions.rename(session.id, name.trim());
    onClose();
  });
  return (
    <Dialog title="Rename chat" onClose={onClose}>
      <form class="form" noValidate onSubmit={onSubmit}>
        <Field
          name="name"
          label="Name"
          autoComplete="off"
          initial={session.name ?? ''}
          problem={problems.fields.name ?? problems.form ?? undefined}
        />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <SubmitButton busy={busy}>Rename</SubmitButton>
        </div>
      </form>
    </Dialog>
  );
}
