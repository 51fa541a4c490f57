import { useEffect, useState } from 'preact/hooks';
import type { LoginOverview } from '../../client/src';
import { FormProblem } from '../parts/forms';
import { Icon } from '../parts/graphics';
import { useClient } from '../state/hooks';
import { dayInText } from '../text/dates';
import { explain } from '../text/errors';
import { deviceName } from '../text/labels';
import { Dialog } from './Dialog';

type LogoutState = 'none' | 'in progress' | 'done';

/** The devices on which the user is logged in. All but the current one can be logged out here. */
export function DevicesDialog({ onClose }: { onClose(): void }) {
  const client = useClient();
  const [logins, setLogins] = useState<readonly LoginOverview[] | null>(null);
  const [logouts, setLogouts] = useState<Readonly<Record<string, LogoutState>>>({});
  const [problem, setProblem] = useState<string | null>(null);

  const attempt = async (action: () => Promise<void>) => {
    try {
      await action();
      setProblem(null);
    } catch (error) {
      setProblem(explain(error));
    }
  };

  useEffect(() => void attempt(async () => setLogins(await client.account.logins())), [client]);

  const logOut = (id: string) => {
    const update = (state: LogoutState) => setLogouts((current) => ({ ...current, [id]: state }));
    update('in progress');
    return attempt(async () => {
      await client.account.endLogin(id).catch((error) => {
        update('none');
        throw error;
      });
      update('done');
    });
  };

  return (
    <Dialog title="Devices" onClose={onClose}>
      <p>Where you are logged in. A device that you log out is out at once.</p>
      <FormProblem text={problem} />
      {!logins && !problem && <p role="status">Loading…</p>}
      <ul class="devices">
        {logins?.map((login) => (
          <Device
            key={login.id}
            login={login}
            logout={logouts[login.id] ?? 'none'}
            onLogOut={() => void logOut(login.id)}
          />
        ))}
      </ul>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

interface DeviceProps {
  login: LoginOverview;
  logout: LogoutState;
  onLogOut(): void;
}

/** Stays in the list after its logout, so that a second click doesn't hit the next device and the focus isn't lost. */
function Device({ login, logout, onLogOut }: DeviceProps) {
  const name = deviceName(login.userAgent);
  const details = [login.ip, `last used ${dayInText(login.lastUsedAt)}`].filter(Boolean).join(' · ');
  const action = logout === 'done' ? 'Logged out' : 'Log out';
  return (
    <li class="device">
      <span class="device-icon">
        <Icon name="devices" />
      </span>
      <span class="device-text">
        <span class="device-name">{name}</span>
        <span class="device-detail">{details}</span>
      </span>
      {login.current ? (
        <span class="tag">This device</span>
      ) : (
        <button
          type="button"
          class="button button-small"
          aria-label={`${action} ${name}, ${details}`}
          aria-disabled={logout !== 'none'}
          onClick={logout === 'none' ? onLogOut : undefined}
        >
          {action}
        </button>
      )}
    </li>
  );
}
