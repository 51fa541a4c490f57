import type { Page } from 'playwright-core';
import { scriptedResponder } from '../responders/scriptedResponder';
import { describeInBrowser } from '../support/browser';
import { measuresTimes } from '../support/measuredTimes';
import { say, signUpOn, visit } from './chatPage';
import { startPageServer } from './pageServer';

measuresTimes();

describeInBrowser('a reply that is being made', (shared) => {
  test('grows on the page, survives a reload, and can be stopped', async () => {
    const { responder, request } = scriptedResponder();
    const server = await startPageServer([], responder);
    const { page, problems } = await visit(shared.browser, server.url);
    await signUpOn(page);
    await page.getByRole('button', { name: 'New chat' }).first().click();
    await say(page, 'A hard question');
    const reply = await request(0);
    const draft = page.locator('.draft');
    reply.send('It is <b>not');
    await draft.getByText('It is <b>not', { exact: true }).waitFor();
    await page.reload();
    await draft.getByText('It is <b>not', { exact: true }).waitFor();
    reply.send(' so</b>');
    await draft.getByText('It is <b>not so</b>', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Stop the reply' }).click();
    await page.getByText('Stopped.', { exact: true }).waitFor();
    expect(await draft.count()).toBe(0);
    expect(reply.signal.aborted).toBe(true);
    expect(await page.locator('.bubble-server').getByText('It is <b>not so</b>').count()).toBe(1);
    expect(problems).toEqual([]);
  });

  test('says that the model thinks, and that it writes, but reads out no text', async () => {
    const { responder, request } = scriptedResponder();
    const server = await startPageServer([], responder);
    const { page, problems } = await visit(shared.browser, server.url);
    await startQuestion(page);
    const reply = await request(0);
    const live = page.locator('.messages-place [aria-live=polite]');
    reply.send({ thinking: true });
    await page.locator('.draft').getByText('Thinking…').waitFor();
    reply.send('# Secret');
    await page.locator('.draft h2').waitFor();
    expect(await page.locator('.draft').getByText('Thinking…').count()).toBe(0);
    await live.getByText('The server is writing.').waitFor({ state: 'attached' });
    reply.finish();
    await live.getByText('The server has answered.').waitFor({ state: 'attached' });
    expect(await page.locator('[aria-live], [role=status], [role=alert]').allTextContents()).not.toContain(
      'Secret',
    );
    expect(problems).toEqual([]);
  });

  test('is stopped with the keyboard, and the focus stays where the next message is written', async () => {
    const { responder, request } = scriptedResponder();
    const server = await startPageServer([], responder);
    const { page, problems } = await visit(shared.browser, server.url);
    await startQuestion(page);
    const reply = await request(0);
    reply.send('So far');
    await page.locator('.draft').getByText('So far').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Stop the reply');
    await page.keyboard.press('Enter');
    await page.getByText('Stopped.', { exact: true }).waitFor();
    await page.getByText('The answer was stopped.').waitFor({ state: 'attached' });
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Message');
    expect(problems).toEqual([]);
  });

  test('says that it failed, and keeps what has arrived', async () => {
    const { responder, request } = scriptedResponder();
    const server = await startPageServer([], responder);
    const { page, problems } = await visit(shared.browser, server.url);
    await startQuestion(page);
    const reply = await request(0);
    reply.send('So far');
    reply.fail();
    await page.locator('.bubble-failure').getByText('The reply failed.').waitFor();
    await page.getByText('The answer failed.').waitFor({ state: 'attached' });
    expect(await page.locator('.message-server .bubble-text').textContent()).toBe('So far');
    expect(problems).toEqual([]);
  });

  test('scrolls with the reader at the end, and leaves one who has scrolled up where they are', async () => {
    const { responder, request } = scriptedResponder();
    const server = await startPageServer([], responder);
    const { page, problems } = await visit(shared.browser, server.url);
    await startQuestion(page);
    const reply = await request(0);
    const last = async (words: string) => {
      reply.send(`${'line\n\n'.repeat(40)}${words}\n\n`);
      await page.locator('.draft').getByText(words).waitFor();
    };
    const list = page.locator('.messages');
    const toEnd = () => list.evaluate((each) => each.scrollHeight - each.scrollTop - each.clientHeight);
    const end = page.locator('.to-latest');
    await last('first');
    await last('second');
    expect(await toEnd()).toBeLessThan(2);
    expect(await end.count()).toBe(0);
    await list.evaluate((each) => each.scrollBy(0, -30));
    await page.getByRole('button', { name: 'To the end' }).waitFor();
    const place = await list.evaluate((each) => each.scrollTop);
    await last('third');
    await page.getByRole('button', { name: 'New messages' }).waitFor();
    expect(await list.evaluate((each) => each.scrollTop)).toBe(place);
    await end.click();
    expect(await toEnd()).toBeLessThan(2);
    await last('fourth');
    expect(await toEnd()).toBeLessThan(2);
    expect(problems).toEqual([]);
  });

  test('of 60 KB grows without a frame that is much longer than those of a short one', async () => {
    const { responder, request } = scriptedResponder();
    const server = await startPageServer([], responder);
    const { page, problems } = await visit(shared.browser, server.url);
    await startQuestion(page);
    const reply = await request(0);
    const section = (index: number) =>
      `## Part ${index}\n\nSome **bold** text, \`code\` and a [link](https://example.com/${index}).\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\`\`\`js\nconst value = "${index}"; // comment\n\`\`\`\n\n`;
    const sections = Array.from({ length: Math.floor(60_000 / section(100).length) }, (_, index) =>
      section(index),
    );
    const longest = await watchFrames(page);
    const blocks: number[] = [];
    for (const [index, text] of sections.entries()) {
      reply.send(text);
      if (index % 40 === 39 || index === sections.length - 1) {
        await page
          .locator('.draft h3, .draft h2')
          .filter({ hasText: `Part ${index}` })
          .last()
          .waitFor();
        blocks.push(await longest());
      }
    }
    reply.finish();
    await page.getByText('The server has answered.').waitFor({ state: 'attached' });
    blocks.push(await longest());
    const first = blocks[0] ?? 0;
    expect({ blocks, isSmooth: Math.max(...blocks.slice(1)) < Math.max(50, first * 3) }).toMatchObject({
      isSmooth: true,
    });
    expect(problems).toEqual([]);
  }, 60_000);
});

async function startQuestion(page: Page): Promise<void> {
  await signUpOn(page);
  await page.getByRole('button', { name: 'New chat' }).first().click();
  await say(page, 'A hard question');
}

/** Watches how long the page is busy at a time. Returns a function for the longest time since its last call, in milliseconds. */
async function watchFrames(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(`
    window.busy = [];
    new PerformanceObserver((list) => busy.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  `);
  return () => page.evaluate<number>('Math.max(0, ...busy.splice(0))');
}
