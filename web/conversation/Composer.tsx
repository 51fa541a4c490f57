import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/Icon';
import { useClient } from '../state/client';
import { keepDraft, readDraft } from '../state/drafts';
import { roomFor } from '../text/contentRoom';

/** The key code of all that goes to an input method. */
const COMPOSING = 229;

export interface ComposerProps {
  sessionId: string;
  onSend(content: string): void;
}

/** Where one writes. Enter sends, Shift+Enter begins a new line; what isn't sent yet is kept over a reload. */
export function Composer({ sessionId, onSend }: ComposerProps) {
  const userId = useClient().user?.id ?? '';
  const input = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState(() => readDraft(userId, sessionId));
  const id = useId();
  const room = roomFor(draft);
  const canSend = draft.trim() !== '' && !room.isOver;

  useEffect(() => {
    // On a touch screen the focus would cover half of the chat with a keyboard that nobody asked for.
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
    keepDraft(userId, sessionId, text);
  };

  const send = () => {
    if (!canSend) return;
    onSend(draft);
    change('');
    input.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // Enter also ends the composition of a character, as in Japanese; Safari tells that by the key code alone.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === COMPOSING) return;
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
          aria-invalid={room.isOver}
          placeholder="Write a message"
          value={draft}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" class="send-button" aria-label="Send" disabled={!canSend}>
          <Icon name="send" />
        </button>
      </div>
      <p class={`composer-hint ${room.isOver ? 'composer-over' : ''}`} id={id}>
        {room.text ?? 'Enter sends, Shift + Enter begins a new line'}
      </p>
    </form>
  );
}
