import { useEffect, useState } from 'preact/hooks';
import type { LoginOverview } from '../../client';
import { Dialog } from '../parts/Dialog';
import { Icon } from '../parts/Icon';
import { useClient } from '../state/client';
import { dayInText } from '../text/dates';
import { deviceName } from '../text/deviceName';
import { explain } from '../text/errorText';

/** The devices on which the user is logged in; each but this one can be logged out from here. */
export function DevicesDialog({ onClose }: { onClose(): void }) {
  const client = useClient();
  const [logins, setLogins] = useState<readonly LoginOverview[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const attempt = async (work: () => Promise<readonly LoginOverview[]>) => {
    try {
      setLogins(await work());
      setProblem(null);
    } catch (error) {
      setProblem(explain(error));
    }
  };

  useEffect(() => void attempt(() => client.account.logins()), [client]);

  const end = (id: string) =>
    attempt(async () => {
      await client.account.endLogin(id);
      return (logins ?? []).filter((login) => login.id !== id);
    });

  return (
    <Dialog title="Devices" onClose={onClose}>
      <p>Where you are logged in. A device that you log out is out at once.</p>
      <div role="alert">{problem && <p class="form-problem">{problem}</p>}</div>
      {!logins && !problem && <p role="status">Loading…</p>}
      <ul class="devices">
        {logins?.map((login) => (
          <Device key={login.id} login={login} onEnd={() => void end(login.id)} />
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

function Device({ login, onEnd }: { login: LoginOverview; onEnd(): void }) {
  const name = deviceName(login.userAgent);
  const details = [login.ip, `last used ${dayInText(login.lastUsedAt)}`].filter(Boolean).join(' · ');
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
          aria-label={`Log out ${name}, ${details}`}
          onClick={onEnd}
        >
          Log out
        </button>
      )}
    </li>
  );
}
