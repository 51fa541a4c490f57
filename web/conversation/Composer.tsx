import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { MAX_CONTENT_BYTES } from '../../src/domain/limits';
import { isBlank } from '../../src/domain/text';
import { Icon } from '../parts/graphics';
import { useClient } from '../state/hooks';
import { readDraft, storeDraft } from '../state/tabStorage';

/** The key code of key presses that an input method handles. */
const COMPOSING_KEY_CODE = 229;
/** The remaining space is shown when fewer bytes than this are left. */
const SHOW_REMAINING_BYTES = MAX_CONTENT_BYTES / 5;

export interface ComposerProps {
  sessionId: string;
  onSend(content: string): void;
}

/** The message input. Enter sends, Shift+Enter starts a new line. The draft survives a reload. */
export function Composer({ sessionId, onSend }: ComposerProps) {
  const userId = useClient().user?.id ?? '';
  const input = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState(() => readDraft(userId, sessionId));
  const id = useId();
  const { isTooLong, hint } = checkLength(draft);
  const canSend = !isBlank(draft) && !isTooLong;

  useEffect(() => {
    // On a touch screen, the focus would open a keyboard over half of the chat.
    if (matchMedia('(pointer: fine)').matches) input.current?.focus();
  }, []);

  useLayoutEffect(() => {
    const element = input.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  }, [draft]);

  const change = (text: string) => {
    setDraft(text);
    storeDraft(userId, sessionId, text);
  };

  const send = () => {
    if (!canSend) return;
    onSend(draft);
    change('');
    input.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // With an input method, as for Japanese, Enter confirms a character. Safari indicates it only by the key code.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === COMPOSING_KEY_CODE)
      return;
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
          aria-describedby={id}
          aria-invalid={isTooLong}
          placeholder="Write a message"
          value={draft}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" class="send-button" aria-label="Send" disabled={!canSend}>
          <Icon name="send" />
        </button>
      </div>
      <p class={`composer-hint ${isTooLong ? 'composer-over' : ''}`} id={id}>
        {hint ?? 'Enter sends, Shift + Enter begins a new line'}
      </p>
    </form>
  );
}

/** Compares the size with the server's limit. `hint` is null while plenty of space is left. */
function checkLength(content: string): { isTooLong: boolean; hint: string | null } {
  const remaining = MAX_CONTENT_BYTES - new TextEncoder().encode(content).length;
  if (remaining < 0) {
    const hint = `Too long by about ${characters(-remaining)}. Shorten it, or send it in parts.`;
    return { isTooLong: true, hint };
  }
  const isShown = remaining < SHOW_REMAINING_BYTES;
  return { isTooLong: false, hint: isShown ? `Room for about ${characters(remaining)} more` : null };
}

function characters(bytes: number): string {
  return bytes === 1 ? '1 character' : `${bytes.toLocaleString('en')} characters`;
}
