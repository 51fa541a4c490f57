import { scriptedResponder } from '../responders/scriptedResponder';
import { describeInBrowser } from '../support/browser';
import { say, signUpOn, visit } from './chatPage';
import { startPageServer } from './pageServer';

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
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped.', { exact: true }).waitFor();
    expect(await draft.count()).toBe(0);
    expect(reply.signal.aborted).toBe(true);
    expect(await page.locator('.bubble-server').getByText('It is <b>not so</b>').count()).toBe(1);
    expect(problems).toEqual([]);
  });
});
