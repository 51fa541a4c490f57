import type { RefObject } from 'preact';
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/graphics';
import { useClient, useObservable } from '../state/hooks';
import { preferences } from '../state/preferences';
import { Draft } from '../state/tabStorage';
import { commandKey } from '../text/labels';
import { type Check, check, fitHeight, hasKeyboard, isSendKey } from './messageInput';

export interface ComposerProps {
  sessionId: string;
  /** Gets the text area. */
  input: RefObject<HTMLTextAreaElement | null>;
  onSend(content: string): void;
  /** Stops the reply that is being made; null if there is none. */
  onStop: (() => void) | null;
}

/**
 * The message input. Enter sends and Shift + Enter begins a new line, unless the user prefers otherwise. The draft survives a reload.
 *
 * The text is left to the input, and each key costs the same however long the text is: people paste whole files.
 */
export function Composer({ sessionId, input, onSend, onStop }: ComposerProps) {
  const userId = useClient().user?.id ?? '';
  const draft = useMemo(() => new Draft(userId, sessionId), [userId, sessionId]);
  const [initial] = useState(() => draft.read());
  const [{ canSend, isTooLong, hint }, setCheck] = useState<Check>(() => check(initial));
  const { enter } = useObservable(preferences);
  const id = useId();

  useEffect(() => {
    if (hasKeyboard()) input.current?.focus();
  }, []);

  useLayoutEffect(() => {
    if (input.current) fitHeight(input.current);
  }, []);

  useEffect(() => {
    const store = () => draft.store();
    addEventListener('pagehide', store);
    return () => {
      removeEventListener('pagehide', store);
      store();
    };
  }, [draft]);

  const onChange = (element: HTMLTextAreaElement) => {
    fitHeight(element);
    setCheck(check(element.value));
    draft.change(() => element.value);
  };

  const send = () => {
    const element = input.current;
    if (!element || !check(element.value).canSend) return;
    onSend(element.value);
    element.value = '';
    onChange(element);
    draft.store();
    element.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isSendKey(event, enter)) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="composer-box">
        <textarea
          ref={input}
          rows={1}
          dir="auto"
          aria-label="Message"
          aria-keyshortcuts="Escape"
          aria-describedby={id}
          aria-invalid={isTooLong}
          placeholder="Message"
          defaultValue={initial}
          onInput={(event) => onChange(event.currentTarget)}
          onKeyDown={onKeyDown}
        />
        {onStop && <StopButton onStop={onStop} onGone={() => input.current?.focus()} />}
        <button type="submit" class="send-button" aria-label="Send" disabled={!canSend}>
          <Icon name="send" />
        </button>
      </div>
      <p class={`composer-hint ${isTooLong ? 'composer-over' : ''}`} id={id}>
        {hint ?? keysHint(enter)}
      </p>
    </form>
  );
}

function keysHint(enter: 'send' | 'line'): string {
  return enter === 'send'
    ? 'Enter sends, Shift + Enter begins a new line'
    : `${commandKey()} + Enter sends, Enter begins a new line`;
}

interface StopButtonProps {
  onStop(): void;
  /** Called when the button is gone and had the focus. */
  onGone(): void;
}

function StopButton({ onStop, onGone }: StopButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      if (document.activeElement === element) onGone();
    };
  }, []);
  return (
    <button ref={button} type="button" class="stop-button" aria-label="Stop the reply" onClick={onStop}>
      <Icon name="stop" />
      Stop
    </button>
  );
}
