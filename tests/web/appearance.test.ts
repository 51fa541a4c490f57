import type { Page } from 'playwright-core';
import { describeInBrowser } from '../support/browser';
import { api } from '../support/client';
import { answered, holdRequests, listed, loginOf, NETWORK_LOST, said, say, visit } from './chatPage';
import { startPageServer, usePageServer } from './pageServer';
import { visitWithChats } from './signedIn';

describeInBrowser('the appearance of the chat page', (shared) => {
  const server = usePageServer();

  test('a phone shows the list or the chat, and nothing wider than its screen', async () => {
    const phone = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true };
    const { page, problems } = await visit(shared.browser, server.url, phone);
    expect(await overflow(page)).toBe(0);
    expect(
      await page.locator('.card').evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
    ).toBe(0);
    await signUpOnPhone(page);
    await page.getByRole('button', { name: 'New chat' }).click();
    // The focus would open a keyboard over half of the screen.
    expect(await page.locator('textarea:focus').count()).toBe(0);
    await say(page, `a very long word: ${'x'.repeat(200)}`);
    await answered(page, 'a very long word');
    expect(await page.getByRole('navigation').isVisible()).toBe(false);
    expect(await overflow(page)).toBe(0);
    await page.getByRole('link', { name: 'Back to all chats' }).click();
    await listed(page, 'a very long word').waitFor();
    expect(await page.locator('.conversation').count()).toBe(0);
    expect(await overflow(page)).toBe(0);
    await page.goForward();
    await answered(page, 'a very long word');
    expect(problems).toEqual([]);
  });

  test('on a phone, going back leads from a chat to the list, and never to a chat that was left', async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const { page, context, problems } = await visit(shared.browser, server.url, phone);
    await signUpOnPhone(page);
    const list = page.getByRole('main', { name: 'Chats' });
    const back = page.getByRole('link', { name: 'Back to all chats' });
    const entries = () => page.evaluate<number>('history.length');
    const atFirst = await entries();
    await page.getByRole('button', { name: 'New chat' }).click();
    await say(page, 'A chat');
    await answered(page, 'A chat');
    await page.goBack();
    await list.waitFor();
    for (let count = 0; count < 3; count++) {
      await listed(page, 'A chat').click();
      await answered(page, 'A chat');
      await back.click();
      await list.waitFor();
    }
    expect(await entries()).toBe(atFirst + 1);
    // Also after a reload, as phones discard pages in the background.
    await listed(page, 'A chat').click();
    await answered(page, 'A chat');
    await page.reload();
    await back.click();
    await list.waitFor();
    expect(await entries()).toBe(atFirst + 1);
    // A chat that was opened by a link has no list behind it.
    await listed(page, 'A chat').click();
    await answered(page, 'A chat');
    const linked = await visit(shared.browser, page.url(), { context });
    await answered(linked.page, 'A chat');
    await linked.page.getByRole('link', { name: 'Back to all chats' }).click();
    await linked.page.getByRole('main', { name: 'Chats' }).waitFor();
    expect([...problems, ...linked.problems]).toEqual([]);
  });

  test('on a phone, fields have 16 pixels and targets 44, whatever the text size', async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const { page } = await visit(shared.browser, server.url, phone);
    await page.evaluate(`localStorage.setItem('smart-chat-page:preferences', '{"textSize":"small"}')`);
    await page.reload();
    await page.getByLabel('Username').waitFor();
    const faults: Record<string, string[]> = { welcome: await tooSmall(page) };
    await page.getByRole('tab', { name: 'Log in' }).click();
    faults.login = await tooSmall(page);
    await page.getByRole('tab').first().click();
    await signUpOnPhone(page);
    await page.getByRole('button', { name: 'New chat' }).click();
    await say(page, 'A chat');
    await answered(page, 'A chat');
    faults.chat = await tooSmall(page);
    await page.getByRole('button', { name: 'Chat actions' }).click();
    faults.menu = await tooSmall(page);
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('dialog').waitFor();
    faults.rename = await tooSmall(page);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Back to all chats' }).click();
    await page.getByRole('main', { name: 'Chats' }).waitFor();
    faults.list = await tooSmall(page);
    const border = `getComputedStyle(document.querySelector('.sidebar')).borderRightWidth`;
    expect(await page.evaluate(border)).toBe('0px');
    await page.getByRole('button', { name: /^Account of / }).click();
    faults.account = await tooSmall(page);
    await page.getByRole('menuitem', { name: 'Settings' }).click();
    await page.getByRole('dialog').waitFor();
    faults.settings = await tooSmall(page);
    expect(Object.values(faults).flat()).toEqual([]);
  });

  test('it follows the preferred color scheme', async () => {
    const lightness = async (colorScheme: 'light' | 'dark') => {
      const { page } = await visit(shared.browser, server.url, { colorScheme });
      const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      return Number(/\d+/.exec(colour)?.[0]);
    };
    expect(await lightness('light')).toBeGreaterThan(200);
    expect(await lightness('dark')).toBeLessThan(40);
  });

  test('the operator can set its name and color, and hide the form to sign up', async () => {
    const config = { webTitle: 'Ada & Söhne', webAccent: '#7a1f5c', signUp: false };
    const adapted = await startPageServer([], undefined, config);
    const { page, problems } = await visit(shared.browser, adapted.url);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    expect(await page.getByRole('tab').allTextContents()).toEqual(['Log in']);
    expect(await page.title()).toBe('Ada & Söhne');
    expect(await page.locator('.welcome-brand').textContent()).toBe('Ada & Söhne');
    const color = `getComputedStyle(document.querySelector('button[type=submit]')).backgroundColor`;
    expect(await page.evaluate(color)).toBe('rgb(122, 31, 92)');
    expect(problems).toEqual([]);
  });

  test('nothing is animated if the user prefers reduced motion', async () => {
    const { page } = await visitWithChats(shared.browser, server, ['Hello'], { reducedMotion: 'reduce' });
    const moving = `document.getAnimations().filter((each) => Number(each.effect.getComputedTiming().duration) > 0).length`;
    expect(await page.evaluate(moving)).toBe(0);
  });

  test('scrolling up loads older messages without moving the visible ones', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, ['Long']);
    const { token, sessionId } = await loginOf(page);
    for (let count = 1; count <= 70; count++) {
      const content = `message ${count}`;
      await api(server, token).post(`/api/sessions/${sessionId}/messages`, { content }).expect(201);
    }
    await page.reload();
    await answered(page, 'message 70');
    expect(await page.locator('.bubble').count()).toBe(50);
    expect(await distanceToEnd(page)).toBeLessThan(2);

    const letGo = await holdRequests(page, /[?&]before=/);
    const marked = said(page, 'message 48');
    await marked.scrollIntoViewIfNeeded();
    const before = (await marked.boundingBox())?.y ?? 0;
    await page.getByRole('button', { name: 'To the end' }).waitFor();
    letGo();
    await page.locator('.bubble').nth(99).waitFor();
    expect(Math.abs(((await marked.boundingBox())?.y ?? 0) - before)).toBeLessThan(2);

    // A new message doesn't scroll away from older ones.
    await api(server, token).post(`/api/sessions/${sessionId}/messages`, { content: 'news' }).expect(201);
    const jump = page.getByRole('button', { name: 'New messages' });
    await jump.waitFor();
    expect(Math.abs(((await marked.boundingBox())?.y ?? 0) - before)).toBeLessThan(2);
    await jump.click();
    expect(await distanceToEnd(page)).toBeLessThan(2);
    await jump.waitFor({ state: 'detached' });

    await page.getByRole('region', { name: 'Messages' }).focus();
    await page.keyboard.press('Home');
    await page.getByText('This is where the chat begins').waitFor();
    expect(await page.locator('.bubble').count()).toBe(144);
    // Sending scrolls to the sent message.
    await say(page, 'from above');
    await answered(page, 'from above');
    expect(await distanceToEnd(page)).toBeLessThan(2);
    expect(problems).toEqual([]);
  });

  test('visible messages do not move while unsent ones are stored', async () => {
    const { page, context } = await visitWithChats(shared.browser, server, ['Long'], {
      expected: NETWORK_LOST,
    });
    await say(page, 'line\n'.repeat(120));
    await answered(page, 'line');
    await context.setOffline(true);
    for (const words of ['unsent one', 'unsent two']) {
      await say(page, words);
      await said(page, words).getByText('not sent yet').waitFor();
    }
    const place = () => page.evaluate<number>("document.querySelector('.messages').scrollTop");
    await page.evaluate("document.querySelector('.messages').scrollTo(0, 300)");
    await page.waitForFunction("document.querySelector('.messages').scrollTop === 300");
    await context.setOffline(false);
    await answered(page, 'unsent two');
    expect(await place()).toBe(300);
  });

  test('new replies are announced to screen readers', async () => {
    const { page } = await visitWithChats(shared.browser, server, ['earlier']);
    await page.reload();
    await answered(page, 'earlier');
    const live = page.locator('.messages-place [aria-live=polite]');
    expect(await live.textContent()).toBe('');
    await say(page, 'now');
    // Not the answer itself: it would be read out in one go, however long it is.
    await live.getByText('The server has answered.').waitFor({ state: 'attached' });
    // A repeated text is announced again.
    const first = await live.getByText('The server has answered.').elementHandle();
    await say(page, 'now');
    await page.waitForFunction((node) => !node?.isConnected, first);
    expect(await live.textContent()).toBe('The server has answered.');
  });

  test('each line of a message has the direction of its script', async () => {
    const { page } = await visitWithChats(shared.browser, server, ['English\nשלום עולם!\nend.']);
    const left = (index: number) => page.evaluate<number>(`(${leftOfCharacter})(${index})`);
    const [letter, exclamation] = ['ש', '!'].map((each) => 'English\nשלום עולם!\nend.'.indexOf(each));
    expect(await left(exclamation ?? 0)).toBeLessThan(await left(letter ?? 0));
  });
});

async function signUpOnPhone(page: Page): Promise<void> {
  const name = `phone_${Date.now()}`;
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Email').fill(`${name}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('Say something').waitFor();
  await page.getByRole('link', { name: 'Back to all chats' }).click();
  await page.getByText('No chats yet.').waitFor();
}

/** Runs on the page. Returns the position of a character of the first message, in pixels. */
function leftOfCharacter(index: number): number {
  const text = document.querySelector('.bubble-text')?.firstChild;
  if (!text) throw new Error('There is no message.');
  const range = document.createRange();
  range.setStart(text, index);
  range.setEnd(text, index + 1);
  return range.getBoundingClientRect().left;
}

/** The targets and fields that are too small for fingers. Links in a text are exempt, and radio buttons, whose label is the target. */
function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(`(${findSmall})()`);
}

/** Runs on the page. */
function findSmall(): string[] {
  const shown = (selector: string) =>
    [...document.querySelectorAll(selector)].filter((each) =>
      each.checkVisibility({ opacityProperty: true }),
    );
  const targets = shown(
    'button, select, textarea, summary, label:has(input[type=radio]), input:not([type=radio]), a:not(:is(p, footer) a)',
  )
    .map((element) => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 1 && (box.width < 43.9 || box.height < 43.9))
    .map(({ element, box }) => `${box.width} × ${box.height}: ${element.outerHTML.slice(0, 80)}`);
  const fields = shown('input:not([type=radio]), textarea, select')
    .filter((field) => Number.parseFloat(getComputedStyle(field).fontSize) < 16)
    .map((field) => `small text: ${field.outerHTML.slice(0, 80)}`);
  return [...targets, ...fields];
}

/** The number of pixels by which the page is wider than the screen. */
function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth');
}

function distanceToEnd(page: Page): Promise<number> {
  return page.evaluate(
    '(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.querySelector(".messages"))',
  );
}
