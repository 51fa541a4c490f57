/** The choices of each preference. The first is the default. */
const CHOICES = {
  /** `system`: as the device is set. */
  theme: ['system', 'light', 'dark'],
  textSize: ['medium', 'small', 'large', 'largest'],
  /** Enter sends a message, or begins a new line and Ctrl + Enter sends. */
  enter: ['send', 'line'],
  shortcuts: ['on', 'off'],
} as const;

/** How a user has set up the page in this browser. */
export type Preferences = { [K in keyof typeof CHOICES]: (typeof CHOICES)[K][number] };

/** The key in `localStorage`. */
export const PREFERENCES_KEY = 'smart-chat-page:preferences';

/** The stored preferences. Where none is stored, or the storage is blocked, the default. */
export function readPreferences(): Preferences {
  const stored = readStored();
  return {
    theme: choiceOf(CHOICES.theme, stored.theme),
    textSize: choiceOf(CHOICES.textSize, stored.textSize),
    enter: choiceOf(CHOICES.enter, stored.enter),
    shortcuts: choiceOf(CHOICES.shortcuts, stored.shortcuts),
  };
}

function readStored(): Record<string, unknown> {
  try {
    return { ...JSON.parse(localStorage.getItem(PREFERENCES_KEY) ?? '{}') };
  } catch {
    return {};
  }
}

function choiceOf<T>(choices: readonly [T, ...T[]], stored: unknown): T {
  return choices.find((choice) => choice === stored) ?? choices[0];
}

/** Of the size that the browser is set to. All sizes of the page are relative to it. */
const FONT_SIZES: Record<Preferences['textSize'], string> = {
  small: '87.5%',
  medium: '',
  large: '112.5%',
  largest: '125%',
};

/** Applies the theme and the text size. The policy of the page forbids inline styles, but not changes of loaded ones. */
export function applyAppearance({ theme, textSize }: Preferences): void {
  const { style } = document.documentElement;
  style.fontSize = FONT_SIZES[textSize];
  style.colorScheme = theme === 'system' ? '' : theme;
  for (const rule of [...document.styleSheets].flatMap(rulesOf)) {
    if (rule instanceof CSSMediaRule) rule.media.mediaText = withTheme(rule.media.mediaText, theme);
  }
  for (const meta of document.querySelectorAll('meta[media]')) {
    meta.setAttribute('media', withTheme(meta.getAttribute('media') ?? '', theme));
  }
}

/** A style sheet that could not be loaded has no readable rules. */
function rulesOf(sheet: CSSStyleSheet): CSSRule[] {
  try {
    return [...sheet.cssRules];
  } catch {
    return [];
  }
}

/** A media query for a color scheme, changed so that it applies to this theme. It still contains the color scheme, so it can be changed again. */
function withTheme(media: string, theme: Preferences['theme']): string {
  const [query, scheme] = /\(prefers-color-scheme: (light|dark)\)/.exec(media) ?? [];
  if (!query) return media;
  if (theme === 'system') return query;
  return theme === scheme ? `${query}, all` : `${query} and (max-width: 0px)`;
}
