/** The program with all dialogs. The page loads it after it has started. */
// Keeps what it shares with the page in one file with the rest of the page, which compresses better than two files.
import '../App';

export * from './accountDialogs';
export * from './DevicesDialog';
export * from './SettingsDialog';
export * from './ShortcutsDialog';
export * from './sessionDialogs';
