import type { Browser } from 'playwright-core';
import { describeInBrowser, launchBrowser } from '../support/browser';
import type { TestServer } from '../support/testServer';
import { startPageServer } from './pageServer';

describeInBrowser('/client.js', () => {
  let browser: Browser;
  let server: TestServer;

  beforeAll(async () => {
    server = await startPageServer();
    browser = await launchBrowser();
  }, 60_000);
  afterAll(() => browser.close());

  test('is imported by a page of another origin, and needs nothing else', async () => {
    const page = await browser.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const made = await page.evaluate(
      `import('${server.url}/client.js').then(({ createChatClient }) => {
        const client = createChatClient({ url: '${server.url}' });
        return [client.user, client.connection];
      })`,
    );
    expect(made).toEqual([null, 'offline']);
    expect(asked).toEqual([`${server.url}/client.js`]);
  });
});
