import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as fc from 'fast-check';
import { accentProblem, accentStyles, contrast } from '../../src/utils/accentColors';

/** The colors of a block of declarations, by name. */
function colorsIn(css: string): Record<string, string> {
  const found = css.matchAll(/--([a-z-]+):\s*(#[\da-f]{6})/g);
  return Object.fromEntries(Array.from(found, ([, name = '', color = '']) => [name, color]));
}

/** Those of light mode, and of dark mode where they differ. */
function schemesIn(css: string): Record<string, string>[] {
  const [light = '', dark = ''] = css.split('@media (prefers-color-scheme');
  return [colorsIn(light), { ...colorsIn(light), ...colorsIn(dark.split('@media')[0] ?? '') }];
}

const tokens = schemesIn(readFileSync(resolve(__dirname, '../../web/styles/tokens.css'), 'utf8'));

/** Texts of the page, and the colors behind them. */
const TEXTS: readonly (readonly [text: string, backgrounds: readonly string[]])[] = [
  ['accent', ['paper', 'surface', 'raised', 'sunken']],
  ['accent-strong', ['paper', 'surface', 'raised', 'accent-soft']],
  ['on-accent', ['accent', 'accent-strong']],
  ['own-ink', ['own']],
  ['own-soft', ['own']],
  ['ink', ['accent-soft']],
  ['ink-soft', ['accent-soft']],
];

function lowestContrast(schemes: readonly Record<string, string>[]): number {
  const values = schemes.flatMap((colors) =>
    TEXTS.flatMap(([text, backgrounds]) =>
      backgrounds.map((background) => contrast(colors[text] ?? '', colors[background] ?? '')),
    ),
  );
  return Math.min(...values);
}

test('contrast is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBe(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.478, 3);
});

test('the page’s own colors can be read', () => {
  expect(lowestContrast(tokens)).toBeGreaterThanOrEqual(4.5);
});

test('with every accent that is not refused, all texts can be read, in light and dark mode', () => {
  const color = fc
    .integer({ min: 0, max: 0xffffff })
    .map((value) => `#${value.toString(16).padStart(6, '0')}`);
  let accepted = 0;
  const check = (accent: string) => {
    if (accentProblem(accent) !== null) return;
    accepted += 1;
    const [light, dark] = schemesIn(accentStyles(accent));
    expect(light?.accent).toBe(accent);
    expect(
      lowestContrast([
        { ...tokens[0], ...light },
        { ...tokens[1], ...dark },
      ]),
    ).toBeGreaterThanOrEqual(4.5);
  };
  void fc.assert(fc.property(color, check), {
    numRuns: 2_000,
    examples: [['#000000'], ['#0000ff'], ['#14604f']],
  });
  expect(accepted).toBeGreaterThan(300);
});
