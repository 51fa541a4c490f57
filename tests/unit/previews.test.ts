import { withoutMarks } from '../../web/text/previews';

test.each([
  ['## Two days in Porto Start at the **Ribeira** in the', 'Two days in Porto Start at the Ribeira in the'],
  ['**An answer that is cut', 'An answer that is cut'],
  ['> a quote ### and a heading', 'a quote and a heading'],
  ['the *upper* deck of the _Luís I_.', 'the upper deck of the Luís I.'],
  ['Run `npm test` or ```sh npm start', 'Run npm test or npm start'],
  ['See [São Bento](https://example.com/a) and [the', 'See São Bento and [the'],
  ['![A map](https://example.com/map.png) of [it](https://exam', 'A map of it'],
  ['2 ** 3 * 4 * 5, C# and snake_case_name, a_b_', '2 ** 3 * 4 * 5, C# and snake_case_name, a_b_'],
  ['## Day | When | What | | ---: | --- | | 10:30 | Breakfast |', 'Day · When · What · 10:30 · Breakfast'],
  ['| A | B | | --- | --', 'A · B'],
  ['a | b || c', 'a | b || c'],
  ['- one - two 1. three', '- one - two 1. three'],
  ['', ''],
])('the marks of Markdown are left out: %j', (preview, shown) => {
  expect(withoutMarks(preview)).toBe(shown);
});
