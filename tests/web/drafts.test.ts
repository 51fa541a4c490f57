import type { Page } from 'playwright-core';
import { times } from '../../testkit/builders';
import { scriptedResponder } from '../responders/scriptedResponder';
import { describeInBrowser } from '../support/browser';
import { measuresTimes } from '../support/measuredTimes';
import { say } from './chatPage';
import { startPageServer } from './pageServer';
import { visitSignedUp } from './signedIn';

measuresTimes();

/** How many sections of a long reply are sent at a time. */
const PART_SECTIONS = 40;

describeInBrowser('a reply that is being made', (shared) => {
  test('grows on the page, survives a reload, and can be stopped', async () => {
    const { responder, request } = scriptedResponder();
    const server = await startPageServer([], responder);
    const { page, problems } = await visitSignedUp(shared.browser, server);
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
    const { page, problems } = await visitSignedUp(shared.browser, server);
    await say(page, 'A hard question');
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
    const { page, problems } = await visitSignedUp(shared.browser, server);
    await say(page, 'A hard question');
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
    const { page, problems } = await visitSignedUp(shared.browser, server);
    await say(page, 'A hard question');
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
    const { page, problems } = await visitSignedUp(shared.browser, server);
    await say(page, 'A hard question');
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

  test('of 60 KB grows without more work for its last parts than for its first ones', async () => {
    const { responder, request } = scriptedResponder();
    const server = await startPageServer([], responder);
    const { page, problems } = await visitSignedUp(shared.browser, server);
    await say(page, 'A hard question');
    const reply = await request(0);
    const section = (index: number) =>
      `## Part ${index}\n\nSome **bold** text, \`code\` and a [link](https://example.com/${index}).\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\`\`\`js\nconst value = "${index}"; // comment\n\`\`\`\n\n`;
    const parts = Math.floor(60_000 / section(100).length / PART_SECTIONS);
    const work = await watchWork(page);
    const spent: Work[] = [];
    for (const part of times(parts, (index) => index)) {
      const last = (part + 1) * PART_SECTIONS - 1;
      for (const index of times(PART_SECTIONS, (offset) => last + 1 - PART_SECTIONS + offset))
        reply.send(section(index));
      await page.evaluate(untilHeading, `Part ${last}`);
      spent.push(await work());
    }
    reply.finish();
    await page.getByText('The server has answered.').waitFor({ state: 'attached' });
    const finish = await work();
    // The very first part compiles the program, too.
    const early = total(spent.slice(1, 4));
    const late = total(spent.slice(-3));
    const growth = { script: late.script / early.script, all: late.all / early.all };
    expect({ spent, finish, growth, isEven: growth.script < 1.6 && growth.all < 2.5 }).toMatchObject({
      isEven: true,
    });
    expect(finish.all).toBeLessThan((spent[0]?.all ?? 0) * 3);
    expect(problems).toEqual([]);
  }, 60_000);
});

/** Milliseconds of a processor that the page's main thread has used: unlike the duration of a frame, no other program adds to them. */
interface Work {
  script: number;
  /** With layout, drawing and the rest. */
  all: number;
}

/** Returns a function for the work of the page since its last call. */
async function watchWork(page: Page): Promise<() => Promise<Work>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const milliseconds = (wanted: string) =>
      (metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN) * 1_000;
    return { script: milliseconds('ScriptDuration'), all: milliseconds('TaskDuration') };
  };
  let before = await read();
  return async () => {
    const now = await read();
    const since = { script: now.script - before.script, all: now.all - before.all };
    before = now;
    return since;
  };
}

function total(works: readonly Work[]): Work {
  return works.reduce((sum, { script, all }) => ({ script: sum.script + script, all: sum.all + all }));
}

/** Runs on the page, and looks at changes only: to look in each frame would be work, too. */
function untilHeading(text: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      const headings = document.querySelectorAll('.draft :is(h2, h3)');
      if (headings[headings.length - 1]?.textContent !== text) return;
      observer.disconnect();
      resolve();
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    look();
  });
}
