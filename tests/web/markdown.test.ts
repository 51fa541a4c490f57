import type { Page } from 'playwright-core';
import { describeInBrowser } from '../support/browser';
import { answered, signUpOn, startChatOn, visit } from './chatPage';
import { usePageServer } from './pageServer';
import { visitWithChats } from './signedIn';

/** The elements that a message may consist of, besides the page's own copy buttons. */
const ALLOWED =
  'A BLOCKQUOTE BR CODE DEL EM FIGCAPTION FIGURE H2 H3 H4 H5 H6 HR LI OL P PRE SPAN STRONG TABLE TBODY TD TH THEAD TR UL';

const HOSTILE = [
  '<img src=x onerror="alert(1)"> **bold**',
  '<svg/onload=alert(1)>\n\n<iframe srcdoc="<script>alert(1)</script>"></iframe>\n\n<style>* { display: none }</style>',
  '[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](javascript&#58;alert(1)) [d](<java\tscript:alert(1)>)',
  '[a](data:text/html,<script>alert(1)</script>) [b](vbscript:x) [c](file:///etc/passwd) [d](blob:x) [e](/api/auth/me) [f](//evil.example)',
  '![tracker](https://evil.example/x.png?secret) ![x](javascript:alert(1)) [![in a link](https://evil.example/y.png)](https://a.example)',
  '[x][1] <https://ok.example> www.ok.example me@ok.example\n\n[1]: javascript:alert(1)',
  '`<b>` &lt;b&gt; &#60;i&#62; &amp;lt; **unclosed *and [nested](http://a.example/(b)',
  '```html\n<script>alert(1)</script>',
  '| <b>x</b> | [y](javascript:1) |\n|---|---|\n| `a` | ![z](data:image/png;base64,AAAA) |',
  `${'>'.repeat(16_000)} deep`,
  `${'- '.repeat(8_000)}deep`,
  `${'['.repeat(8_000)}${']'.repeat(8_000)}`,
  '_a'.repeat(8_000),
  '__a'.repeat(5_000),
  `|${'a|'.repeat(3_000)}\n|${'-|'.repeat(3_000)}\n|${'b|'.repeat(2_000)}`,
  `|a|b|\n|-|-|\n${'|x|y|\n'.repeat(2_500)}`,
  '`'.repeat(16_000),
  '- a\n'.repeat(4_000),
] as const;

describeInBrowser('Markdown in replies', (shared) => {
  const server = usePageServer();

  /** Opens a chat with the replies of an echo to these texts. */
  async function openChatWith(texts: readonly string[]) {
    const visited = await visitWithChats(shared.browser, server, ['Markdown'], {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const { page, rest, sessionId } = visited;
    for (const content of texts) {
      await rest.post(`/api/sessions/${sessionId}/messages`, { content }).expect(201);
    }
    await page.reload();
    await page.locator('.message-server').nth(texts.length).waitFor({ state: 'attached' });
    if (texts.length > 0) await page.locator('.markdown').last().waitFor({ state: 'attached' });
    return visited;
  }

  test('hostile Markdown becomes text and safe links: nothing is loaded, run or left out', async () => {
    const { page, problems } = await openChatWith(HOSTILE);
    const requested: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    const found = await page.locator('.bubble-server .bubble-text').evaluateAll(describeElements);
    expect(
      [...new Set(found.flatMap(({ tags }) => tags))].filter((tag) => !ALLOWED.split(' ').includes(tag)),
    ).toEqual([]);
    expect([...new Set(found.flatMap(({ attributes }) => attributes))].sort()).toEqual(
      ['aria-label', 'class', 'dir', 'href', 'rel', 'tabindex', 'target', 'title'].sort(),
    );
    const links = found.flatMap(({ links: each }) => each);
    expect(new Set(links.map(({ href }) => href))).toEqual(
      new Set([
        'https://evil.example/x.png?secret',
        'https://a.example/',
        'https://ok.example/',
        'http://www.ok.example/',
        'mailto:me@ok.example',
        'http://a.example/(b)',
      ]),
    );
    expect(new Set(links.map(({ rel }) => rel))).toEqual(new Set(['noopener noreferrer nofollow']));
    expect(found.map(({ depth }) => depth).filter((depth) => depth > 45)).toEqual([]);
    expect(found[1]?.text).toBe('<img src=x onerror="alert(1)"> bold');
    expect(found[3]?.text).toContain('[a](javascript:alert(1))');
    expect(requested.filter((url) => url.includes('evil'))).toEqual([]);
    expect(problems).toEqual([]);
  }, 60_000);

  test('a link says where it leads: in its title, and beside it if its text names another host', async () => {
    const { page, problems } = await openChatWith([
      [
        '[Plain](https://one.example/path)',
        '[https://bank.example](https://evil.example)',
        '[b\u200bank.example/login](https://evil.example)',
        '[\u202eelpmaxe.knab](https://evil.example)',
        '[www.same.example](https://same.example/x)',
        '[https://bank.example](https://bank.example@evil.example)',
        '[\u0430pple.example](https://\u0430pple.example)',
      ].join('\n\n'),
    ]);
    const paragraphs = page.locator('.message-server .markdown p');
    expect(await paragraphs.allTextContents()).toEqual([
      'Plain',
      'https://bank.example (evil.example)',
      'b\u200bank.example/login (evil.example)',
      '\u202eelpmaxe.knab (evil.example)',
      'www.same.example',
      // A name before the host is an attempt to deceive.
      '[https://bank.example](https://bank.example@evil.example)',
      '\u0430pple.example',
    ]);
    const titles = await page
      .locator('.message-server .markdown a')
      .evaluateAll((all) => all.map((each) => each.getAttribute('title')));
    expect(titles).toEqual([
      'one.example',
      'evil.example',
      'evil.example',
      'evil.example',
      'same.example',
      'xn--pple-43d.example',
    ]);
    const shownDirection = await page
      .locator('.message-server .markdown a')
      .nth(3)
      .evaluate((each) => getComputedStyle(each).unicodeBidi);
    expect(shownDirection).toBe('isolate');
    expect(problems).toEqual([]);
  });

  test('headings, lists, tables and code have their elements, and headings skip no level', async () => {
    const { page, problems } = await openChatWith([
      '### Deep first\n\n# Top\n\n###### Below\n\n3. three\n4. four\n   - [x] done\n   - [ ] open\n\n| l | r |\n|:--|--:|\n| 1 | 2 |\n\n> quote\n\n```js\nconst a = "b"; // c\n```\n\n~~gone~~ `x`',
    ]);
    const reply = page.locator('.message-server').last();
    expect(await reply.locator('h2, h3, h4').evaluateAll((all) => all.map(({ tagName }) => tagName))).toEqual(
      ['H2', 'H2', 'H3'],
    );
    expect(await reply.locator('ol').getAttribute('start')).toBe('3');
    expect(await reply.getByRole('img', { name: 'Done:' }).count()).toBe(1);
    expect(await reply.getByRole('cell').allTextContents()).toEqual(['1', '2']);
    expect(await reply.locator('.code-keyword').textContent()).toBe('const');
    expect(await reply.locator('pre').textContent()).toBe('const a = "b"; // c');
    expect(await reply.locator('blockquote, del').allTextContents()).toEqual(['quote', 'gone']);
    expect(problems).toEqual([]);
  });

  test('of the user’s own messages only addresses and fenced code are more than text', async () => {
    const { page, problems } = await openChatWith([
      '# not *a* heading, see https://a.example/b.\n```py\nx = 1\n```\n<b>',
    ]);
    const own = page.locator('.message-own').last();
    expect(await own.locator('.markdown > p').allTextContents()).toEqual([
      '# not *a* heading, see https://a.example/b.',
      '<b>',
    ]);
    expect(await own.getByRole('link').getAttribute('href')).toBe('https://a.example/b');
    expect(await own.locator('pre').textContent()).toBe('x = 1');
    expect(problems).toEqual([]);
  });

  test('messages and code are copied, with the keyboard alone', async () => {
    const source = '**Bold** [link](https://a.example)\n\n- one\n- two\n\n```js\nlet a = 1;\n```';
    const { page, problems } = await openChatWith([source]);
    const reply = page.locator('.message-server').last();
    for (const [name, text] of [
      ['Copy code', 'let a = 1;'],
      ['Copy as text', 'Bold link (https://a.example/)\n\n- one\n- two\n\nlet a = 1;'],
      ['Copy as Markdown', source],
    ] as const) {
      await tabTo(page, name);
      await page.keyboard.press('Enter');
      await page.getByText('Copied.').waitFor();
      expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(text);
    }
    expect(
      await reply
        .getByRole('button', { name: 'Copy as text' })
        .evaluate((each) => getComputedStyle(each.parentElement ?? each).opacity),
    ).toBe('1');
    await page.locator('.message-own').first().getByRole('button', { name: 'Copy message' }).click();
    await page.waitForFunction(async () => (await navigator.clipboard.readText()) === 'Markdown');
    expect(problems).toEqual([]);
  });

  test('a chat without Markdown never loads the program that parses it', async () => {
    const { page, context } = await visit(shared.browser, server.url);
    const requested: string[] = [];
    context.on('request', (request) => requested.push(request.url()));
    await signUpOn(page);
    await startChatOn(page, 'Just words, and a second line');
    expect(requested.filter((url) => url.includes('/markdown-'))).toEqual([]);
    await page.getByLabel('Message', { exact: true }).fill('**now**');
    await page.keyboard.press('Enter');
    await answered(page, '**now**');
    await page.locator('.markdown strong').waitFor();
    expect(requested.filter((url) => url.includes('/markdown-'))).toHaveLength(1);
  });

  test('without that program, messages are shown as they are', async () => {
    const { page, context } = await visit(shared.browser, server.url, { expected: /net::ERR_FAILED/ });
    await context.route(/\/markdown-/, (route) => route.abort());
    await signUpOn(page);
    await startChatOn(page, '**bold**');
    expect(await page.locator('.bubble-text').allTextContents()).toEqual(['**bold**', '**bold**']);
  });
});

/** Presses Shift+Tab in the composer until the button has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).focus();
  for (let count = 0; count < 20; count++) {
    await page.keyboard.press('Shift+Tab');
    const focused = await page.evaluate<string | null>('document.activeElement.getAttribute("aria-label")');
    if (focused === name) return;
  }
  throw new Error(`The Tab key doesn't reach the button "${name}".`);
}

/** Runs on the page. What messages consist of, without their copy buttons. */
function describeElements(messages: (HTMLElement | SVGElement)[]) {
  return messages.map((message) => {
    const copy = message.cloneNode(true) as HTMLElement;
    for (const button of copy.querySelectorAll('button')) button.remove();
    const all = [...copy.querySelectorAll('*')];
    let depth = 0;
    for (
      let deepest: Element | undefined = all.at(-1);
      deepest && deepest !== copy;
      deepest = deepest.parentElement ?? undefined
    )
      depth++;
    return {
      tags: all.map(({ tagName }) => tagName),
      attributes: all.flatMap((each) => each.getAttributeNames()),
      links: [...copy.querySelectorAll('a')].map(({ href, rel }) => ({ href, rel })),
      depth,
      text: copy.textContent ?? '',
    };
  });
}
