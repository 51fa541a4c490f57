import { useId } from 'preact/hooks';
import { useObservable } from '../state/hooks';
import { changePreferences, preferences } from '../state/preferences';
import { pageDialog } from '../state/shortcuts';
import { commandKey } from '../text/labels';
import { Dialog } from './Dialog';

/** The preferences on this device. A choice applies at once. */
export function SettingsDialog({ onClose }: { onClose(): void }) {
  const { theme, textSize, enter, shortcuts } = useObservable(preferences);
  return (
    <Dialog title="Settings" onClose={onClose}>
      <p>For this browser on this device.</p>
      <Choice
        legend="Theme"
        value={theme}
        options={[
          ['system', 'Like the device'],
          ['light', 'Light'],
          ['dark', 'Dark'],
        ]}
        onChange={(value) => changePreferences({ theme: value })}
      />
      <Choice
        legend="Text size"
        value={textSize}
        options={[
          ['small', 'Small'],
          ['medium', 'Medium'],
          ['large', 'Large'],
          ['largest', 'Largest'],
        ]}
        onChange={(value) => changePreferences({ textSize: value })}
      />
      <Choice
        legend="Enter key"
        value={enter}
        options={[
          ['send', 'Sends the message'],
          ['line', 'Begins a new line'],
        ]}
        hint={enter === 'line' ? `${commandKey()} + Enter sends.` : 'Shift + Enter begins a new line.'}
        onChange={(value) => changePreferences({ enter: value })}
      />
      <Choice
        legend="Keyboard shortcuts"
        value={shortcuts}
        options={[
          ['on', 'On'],
          ['off', 'Off'],
        ]}
        onChange={(value) => changePreferences({ shortcuts: value })}
      />
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => pageDialog.set('shortcuts')}>
          Show shortcuts
        </button>
        <button type="button" class="button button-accent" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}

interface ChoiceProps<T extends string> {
  legend: string;
  value: T;
  options: readonly (readonly [value: T, label: string])[];
  hint?: string;
  onChange(value: T): void;
}

function Choice<T extends string>({ legend, value, options, hint, onChange }: ChoiceProps<T>) {
  const id = useId();
  return (
    <fieldset class="choice" aria-describedby={hint && `${id}-hint`}>
      <legend>{legend}</legend>
      <div class="choice-options">
        {options.map(([option, label]) => (
          <label key={option}>
            <input type="radio" name={id} checked={option === value} onChange={() => onChange(option)} />
            {label}
          </label>
        ))}
      </div>
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </fieldset>
  );
}
