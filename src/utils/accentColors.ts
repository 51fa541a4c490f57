/** WCAG AA for text. */
const MIN_CONTRAST = 4.5;
const WHITE = '#ffffff';
const BLACK = '#000000';
/** The page's own colors on which accents stand, and its fainter text, which stands on soft accents: see `web/styles/tokens.css`. */
const LIGHT = { surfaces: ['#f5f2ea', '#fffdf8', '#ebe7db'], faintText: '#56605a' };
const DARK = { surfaces: ['#0f1613', '#151d19', '#1c2621'], faintText: '#9fada5' };
/** The mixing of two colors is tried in steps of a hundredth. */
const STEPS = 100;

/**
 * Why the chat page can't have this accent color: the text after the name of its setting; null if it can. In light mode the color
 * is used as it is, so it must be dark enough to be read on the page.
 */
export function accentProblem(color: string): string | null {
  const worst = Math.min(...LIGHT.surfaces.map((surface) => contrast(color, surface)));
  if (worst >= MIN_CONTRAST) return null;
  const darker = mixUntil(color, BLACK, (mixed) => isReadable(mixed, LIGHT.surfaces));
  return (
    `is ${color}, which has a contrast of only ${Math.floor(worst * 10) / 10} to 1 to the page, so that text is hard to read; ` +
    `it must have ${MIN_CONTRAST} to 1: choose a darker color, such as ${darker}.`
  );
}

/** The style sheet that gives the chat page an accent color without an `accentProblem`, in light and dark mode. */
export function accentStyles(color: string): string {
  return `:root{${declarations(lightColors(color))}}@media (prefers-color-scheme:dark){:root{${declarations(darkColors(color))}}}`;
}

function lightColors(color: string) {
  const strong = mix(color, BLACK, 0.25);
  return {
    accent: color,
    'accent-strong': strong,
    'accent-soft': mixUntil(mix(color, WHITE, 0.85), WHITE, (soft) =>
      isReadable(soft, [strong, color, LIGHT.faintText]),
    ),
    'on-accent': WHITE,
    ...ownBubble(color),
  };
}

function darkColors(color: string) {
  const surface = '#151d19';
  const accent = mixUntil(color, WHITE, (mixed) => isReadable(mixed, DARK.surfaces));
  const strong = mix(accent, WHITE, 0.3);
  return {
    accent,
    'accent-strong': strong,
    'accent-soft': mixUntil(mix(color, surface, 0.6), BLACK, (soft) =>
      isReadable(soft, [strong, accent, DARK.faintText]),
    ),
    'on-accent': mixUntil(mix(color, BLACK, 0.6), BLACK, (text) => isReadable(text, [accent, strong])),
    ...ownBubble(color),
  };
}

/** The user's own messages: white on the color, which is dark in both modes. */
function ownBubble(color: string) {
  return {
    own: color,
    'own-ink': WHITE,
    'own-soft': mixUntil(mix(color, WHITE, 0.7), WHITE, (soft) => isReadable(soft, [color])),
  };
}

function declarations(colors: Record<string, string>): string {
  return Object.entries(colors)
    .map(([name, color]) => `--${name}:${color};`)
    .join('');
}

/** The first mixture of `color` with more and more of `other` that meets the condition. */
function mixUntil(color: string, other: string, isRight: (mixed: string) => boolean): string {
  for (let step = 0; step < STEPS; step += 1) {
    const mixed = mix(color, other, step / STEPS);
    if (isRight(mixed)) return mixed;
  }
  return other;
}

function isReadable(color: string, others: readonly string[]): boolean {
  return others.every((other) => contrast(color, other) >= MIN_CONTRAST);
}

/** The contrast ratio of WCAG 2, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mix(color: string, other: string, share: number): string {
  const target = channels(other);
  const mixed = channels(color).map((value, index) =>
    Math.round(value + ((target[index] ?? 0) - value) * share),
  );
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function channels(color: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
}
