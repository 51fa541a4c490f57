import { goTo } from '../state/route';
import { nameOf } from '../state/sessionOrder';
import { ConfirmDialog } from './ConfirmDialog';
import type { SessionDialogProps } from './RenameDialog';

export function DeleteDialog({ session, sessions, onClose }: SessionDialogProps) {
  return (
    <ConfirmDialog
      title="Delete this chat?"
      action="Delete"
      onClose={onClose}
      onConfirm={async () => {
        await sessions.delete(session.id);
        if (location.hash.endsWith(session.id)) goTo(null, { replace: true });
      }}
    >
      “{nameOf(session)}” and all its messages will be gone, on every device. This can’t be undone.
    </ConfirmDialog>
  );
}
