/** The program with all dialogs. The page loads it after it has started. */
export * from './accountDialogs';
export * from './DevicesDialog';
export * from './JumpDialog';
export * from './SettingsDialog';
export * from './ShortcutsDialog';
export * from './sessionDialogs';
