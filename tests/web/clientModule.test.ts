import { describeInBrowser } from '../support/browser';
import { usePageServer } from './pageServer';

describeInBrowser('/client.js', (shared) => {
  const server = usePageServer();

  test('can be imported by a page of another origin, without other requests', async () => {
    const page = await shared.browser.newPage();
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
