import type { Responder } from '../../src/responders/responder';
import { describeInBrowser } from '../support/browser';
import { api } from '../support/client';
import { answered, listed, loginOf, NETWORK_LOST, REFUSED, said, say } from './chatPage';
import { startPageServer } from './pageServer';
import { visitSignedUp, visitWithChats } from './signedIn';

describeInBrowser('the state of messages and chats on the page', (shared) => {
  test('a message is shown as sent before its reply, with an indicator that the reply is awaited', async () => {
    let answer = (_text: string) => {};
    const thought = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const thinker: Responder = { kind: 'deferred', respond: () => thought };
    const server = await startPageServer([], thinker);
    const { page, problems } = await visitSignedUp(shared.browser, server);
    await say(page, 'A hard question');
    await said(page, 'A hard question').getByText('sent', { exact: true }).waitFor({ state: 'attached' });
    await page.getByText('Waiting for the answer').waitFor({ state: 'attached' });
    answer('42');
    await answered(page, 'A hard question');
    await page.locator('.bubble-server').getByText('42').waitFor();
    expect(await page.getByText('Waiting for the answer').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('messages sent in another window are listed when this one gets the focus', async () => {
    const server = await startPageServer();
    const { page } = await visitWithChats(shared.browser, server, ['Counted']);
    const { token, sessionId } = await loginOf(page);
    await page.getByRole('button', { name: 'New chat' }).first().click();
    await listed(page, 'Counted').waitFor();
    await api(server, token).post(`/api/sessions/${sessionId}/messages`, { content: 'one more' }).expect(201);
    await page.evaluate("dispatchEvent(new Event('focus'))");
    await listed(page, 'Counted').getByText('one more').waitFor();
  });

  test('a list that cannot be read says why, and can be read again', async () => {
    const server = await startPageServer();
    const { page, problems } = await visitWithChats(shared.browser, server, ['Found again'], {
      expected: REFUSED,
    });
    const problem = JSON.stringify({ code: 'FORBIDDEN', detail: 'This is not allowed.' });
    await page.route(/api\/sessions/, (route) =>
      route.fulfill({ status: 403, contentType: 'application/problem+json', body: problem }),
    );
    await page.evaluate("location.hash = '#/'");
    await page.reload();
    await page.getByText('This is not allowed.').waitFor();
    await page.unroute(/api\/sessions/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await listed(page, 'Found again').waitFor();
    expect(await page.getByText('This is not allowed.').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('a long list of chats is loaded page by page, and searched to its end', async () => {
    const server = await startPageServer();
    const { page, context, problems } = await visitWithChats(shared.browser, server, ['Needle'], {
      expected: NETWORK_LOST,
    });
    const { token } = await loginOf(page);
    for (let count = 1; count <= 110; count++) {
      await api(server, token)
        .post('/api/sessions', { name: `Straw ${count}` })
        .expect(201);
    }
    await page.reload();
    await page.getByText('Straw 110', { exact: true }).waitFor();
    // The open chat is listed, however old it is.
    await listed(page, 'Needle').waitFor();
    expect(await page.locator('.session').count()).toBeLessThan(60);
    await context.setOffline(true);
    await page.getByText('Reconnecting…').waitFor();
    await page.getByLabel('Search chats by name').fill('straw 5');
    await page.getByText('Searching…').waitFor();
    await context.setOffline(false);
    await page.getByText('Straw 5', { exact: true }).waitFor();
    expect(await page.locator('.session').count()).toBe(11);
    expect(problems).toEqual([]);
  });
});
