import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useObservable } from '../state/hooks';
import { preferences } from '../state/preferences';
import { commandKey } from '../text/labels';
import { type Check, check, fitHeight, isSendKey } from './messageInput';

export interface MessageEditorProps {
  text: string;
  onSave(text: string): void;
  /** Called for a text that is the same, too. */
  onCancel(): void;
}

/** Takes the place of a message. The same keys as in the composer save it, and Ctrl or Command + Enter always does. Escape cancels. */
export function MessageEditor({ text, onSave, onCancel }: MessageEditorProps) {
  const input = useRef<HTMLTextAreaElement>(null);
  const [{ canSend, isTooLong, hint }, setCheck] = useState<Check>(() => check(text));
  const { enter } = useObservable(preferences);
  const id = useId();

  useLayoutEffect(() => {
    const element = input.current;
    if (!element) return;
    fitHeight(element);
    element.focus();
    element.setSelectionRange(text.length, text.length);
  }, []);

  const save = () => {
    const edited = input.current?.value ?? text;
    if (edited === text) onCancel();
    else if (check(edited).canSend) onSave(edited);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const isCancel = event.key === 'Escape' && !event.isComposing;
    if (!isCancel && !isSendKey(event, enter)) return;
    event.preventDefault();
    event.stopPropagation();
    if (isCancel) onCancel();
    else save();
  };

  return (
    <form
      class="message-editor"
      aria-label="Edit message"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        ref={input}
        rows={1}
        dir="auto"
        aria-label="Edited message"
        aria-describedby={id}
        aria-invalid={isTooLong}
        defaultValue={text}
        onInput={({ currentTarget }) => {
          fitHeight(currentTarget);
          setCheck(check(currentTarget.value));
        }}
        onKeyDown={onKeyDown}
      />
      <div class="message-editor-foot">
        <p class={`composer-hint ${isTooLong ? 'composer-over' : ''}`} id={id}>
          {hint ?? `${enter === 'send' ? '' : `${commandKey()} + `}Enter saves, Escape cancels`}
        </p>
        <button type="button" class="button button-small" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" class="button button-small button-accent" aria-disabled={!canSend}>
          Save
        </button>
      </div>
    </form>
  );
}
