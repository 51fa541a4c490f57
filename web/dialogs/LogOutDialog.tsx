import { useClient, useOutbox } from '../state/client';
import { ConfirmDialog } from './ConfirmDialog';

export interface LogOutDialogProps {
  everywhere: boolean;
  onClose(): void;
}

/** Asks before a logout that costs something: other devices, or messages that wait to be sent. */
export function LogOutDialog({ everywhere, onClose }: LogOutDialogProps) {
  const client = useClient();
  const waiting = useOutbox().length;
  return (
    <ConfirmDialog
      title={everywhere ? 'Log out everywhere?' : 'Log out?'}
      action={everywhere ? 'Log out everywhere' : 'Log out'}
      onClose={onClose}
      onConfirm={() => (everywhere ? client.logOutEverywhere() : client.logOut())}
    >
      {everywhere && 'All your devices and browsers are logged out at once, this one too. '}
      {waiting > 0 && `${waiting === 1 ? '1 message' : `${waiting} messages`} not sent yet will be dropped.`}
    </ConfirmDialog>
  );
}
