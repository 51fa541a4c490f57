import { useRef, useState } from 'preact/hooks';
import { LogInForm } from './LogInForm';
import { SignUpForm } from './SignUpForm';

const TABS = [
  { id: 'sign-up', label: 'Sign up' },
  { id: 'log-in', label: 'Log in' },
] as const;

/** Where this browser remembers that somebody had an account here. */
const KNOWN = 'smart-chat-page:known';

/** The way in: signing up on a first visit, logging in on later ones. */
export function AuthCard() {
  const [chosen, setChosen] = useState<(typeof TABS)[number]['id']>(isKnown() ? 'log-in' : 'sign-up');
  const tabs = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const other = TABS.find(({ id }) => id !== chosen);
    if (!other) return;
    setChosen(other.id);
    tabs.current?.querySelector<HTMLElement>(`#${other.id}-tab`)?.focus();
  };

  return (
    <section class="card" aria-label="Your account">
      <div class="tabs" role="tablist" aria-label="Sign up or log in" ref={tabs} onKeyDown={onKeyDown}>
        {TABS.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`${id}-tab`}
            aria-selected={id === chosen}
            aria-controls="auth-panel"
            tabIndex={id === chosen ? 0 : -1}
            onClick={() => setChosen(id)}
          >
            {label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="auth-panel" aria-labelledby={`${chosen}-tab`}>
        {chosen === 'sign-up' ? <SignUpForm onDone={remember} /> : <LogInForm onDone={remember} />}
      </div>
    </section>
  );
}

function isKnown(): boolean {
  try {
    return localStorage.getItem(KNOWN) !== null;
  } catch {
    return false;
  }
}

/** A browser that keeps nothing asks to sign up first each time; nothing else depends on it. */
function remember(): void {
  try {
    localStorage.setItem(KNOWN, 'yes');
  } catch {}
}
