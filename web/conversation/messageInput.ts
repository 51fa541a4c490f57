import { MAX_CONTENT_BYTES } from '../../src/domain/limits';
import { isBlank } from '../../src/domain/text';
import type { Preferences } from '../parts/appearance';

/** The key code of key presses that an input method handles. */
const COMPOSING_KEY_CODE = 229;
/** The remaining space is shown when fewer bytes than this are left. */
const SHOW_REMAINING_BYTES = MAX_CONTENT_BYTES / 5;
/** A text with more UTF-16 units fills the input up to its maximum height. Measuring it would lay it out twice per key. */
const MAX_MEASURED_LENGTH = 4_000;

/** What the server would say about a text. */
export interface Check {
  canSend: boolean;
  isTooLong: boolean;
  /** About the remaining space; null while plenty is left. */
  hint: string | null;
}

/** False on a touch screen, where the focus of an input opens a keyboard over half of the chat. */
export function hasKeyboard(): boolean {
  return matchMedia('(pointer: fine)').matches;
}

/** Whether the key press sends the text, by what the user prefers for Enter. Shift + Enter begins a new line. */
export function isSendKey(event: KeyboardEvent, enter: Preferences['enter']): boolean {
  // With an input method, as for Japanese, Enter confirms a character. Safari indicates it only by the key code.
  if (event.key !== 'Enter' || event.isComposing || event.keyCode === COMPOSING_KEY_CODE) return false;
  return !event.shiftKey && (enter === 'send' || event.ctrlKey || event.metaKey);
}

/** Makes the input as high as its text. */
export function fitHeight(element: HTMLTextAreaElement): void {
  if (element.textLength > MAX_MEASURED_LENGTH) {
    element.style.height = '100vh';
    return;
  }
  element.style.height = 'auto';
  element.style.height = `${element.scrollHeight}px`;
}

/** Compares the text with the server's rules. The size of a text that is surely too long is estimated from its beginning. */
export function check(content: string): Check {
  const beginning = content.slice(0, MAX_CONTENT_BYTES);
  const measured = new TextEncoder().encode(beginning).length;
  const isMeasured = beginning.length === content.length;
  const bytesPerUnit = measured / Math.max(1, beginning.length);
  const remaining = MAX_CONTENT_BYTES - (isMeasured ? measured : content.length * bytesPerUnit);
  const hint = `about ${characters(Math.abs(remaining) / bytesPerUnit)}`;
  if (remaining < 0) {
    return {
      canSend: false,
      isTooLong: true,
      hint: `Too long by ${hint}. Shorten it, or send it in parts.`,
    };
  }
  return {
    canSend: !isBlank(content),
    isTooLong: false,
    hint: remaining < SHOW_REMAINING_BYTES ? `Room for ${hint} more` : null,
  };
}

function characters(count: number): string {
  const rounded = Math.ceil(count);
  return rounded === 1 ? '1 character' : `${rounded.toLocaleString('en')} characters`;
}
