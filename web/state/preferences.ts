import { applyAppearance, PREFERENCES_KEY, type Preferences, readPreferences } from '../parts/appearance';
import { notify } from './notices';
import { Observable } from './observable';

/** The preferences on this device, also as another tab changes them. */
export const preferences = new Observable<Preferences>(readPreferences());

addEventListener('storage', ({ key }) => {
  if (key === PREFERENCES_KEY || key === null) update(readPreferences());
});

/** Changes and stores preferences. */
export function changePreferences(change: Partial<Preferences>): void {
  const changed = { ...preferences.value, ...change };
  update(changed);
  try {
    localStorage.setItem(PREFERENCES_KEY, JSON.stringify(changed));
  } catch {
    notify('Your browser does not let this page store settings. They last until you close it.');
  }
}

function update(changed: Preferences): void {
  applyAppearance(changed);
  preferences.set(changed);
}
