/** Runs before the page is drawn for the first time, so that it never appears in another theme or text size. */
import { applyAppearance, readPreferences } from './parts/appearance';

applyAppearance(readPreferences());
