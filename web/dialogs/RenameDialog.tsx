import type { Session } from '../../src/domain/session';
import { Field } from '../parts/Field';
import type { SessionList } from '../state/sessionList';
import { FormDialog } from './FormDialog';

export interface SessionDialogProps {
  session: Session;
  sessions: SessionList;
  onClose(): void;
}

export function RenameDialog({ session, sessions, onClose }: SessionDialogProps) {
  return (
    <FormDialog
      title="Rename chat"
      action="Rename"
      fields={['name']}
      send={({ name = '' }) => sessions.rename(session.id, name.trim())}
      onClose={onClose}
    >
      {(problems) => (
        <Field
          name="name"
          label="Name"
          autoComplete="off"
          initial={session.name ?? ''}
          problem={problems.name}
        />
      )}
    </FormDialog>
  );
}
