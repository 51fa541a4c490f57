import { useEffect, useState } from 'preact/hooks';
import type { LoginOverview } from '../../client/src';
import { Dialog } from '../parts/Dialog';
import { Icon } from '../parts/Icon';
import { useClient } from '../state/client';
import { dayInText } from '../text/dates';
import { deviceName } from '../text/deviceName';
import { explain } from '../text/errorText';

type Ending = 'none' | 'under way' | 'done';

/** The devices on which the user is logged in; each but this one can be logged out from here. */
export function DevicesDialog({ onClose }: { onClose(): void }) {
  const client = useClient();
  const [logins, setLogins] = useState<readonly LoginOverview[] | null>(null);
  const [endings, setEndings] = useState<Readonly<Record<string, Ending>>>({});
  const [problem, setProblem] = useState<string | null>(null);

  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      setProblem(null);
    } catch (error) {
      setProblem(explain(error));
    }
  };

  useEffect(() => void attempt(async () => setLogins(await client.account.logins())), [client]);

  const end = (id: string) => {
    const enter = (ending: Ending) => setEndings((known) => ({ ...known, [id]: ending }));
    enter('under way');
    return attempt(async () => {
      await client.account.endLogin(id).catch((error) => {
        enter('none');
        throw error;
      });
      enter('done');
    });
  };

  return (
    <Dialog title="Devices" onClose={onClose}>
      <p>Where you are logged in. A device that you log out is out at once.</p>
      <div role="alert">{problem && <p class="form-problem">{problem}</p>}</div>
      {!logins && !problem && <p role="status">Loading…</p>}
      <ul class="devices">
        {logins?.map((login) => (
          <Device
            key={login.id}
            login={login}
            ending={endings[login.id] ?? 'none'}
            onEnd={() => void end(login.id)}
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
  ending: Ending;
  onEnd(): void;
}

/** It stays in its place when it is logged out, so that a second click meets no other device and the focus stays too. */
function Device({ login, ending, onEnd }: DeviceProps) {
  const name = deviceName(login.userAgent);
  const details = [login.ip, `last used ${dayInText(login.lastUsedAt)}`].filter(Boolean).join(' · ');
  const action = ending === 'done' ? 'Logged out' : 'Log out';
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
          aria-disabled={ending !== 'none'}
          onClick={ending === 'none' ? onEnd : undefined}
        >
          {action}
        </button>
      )}
    </li>
  );
}
