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

  test('has a variant for a classic script tag in a page of another origin, also one without an origin', async () => {
    const page = await shared.browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.setContent(`<script src="${server.url}/chat-client.global.js"></script>
      <output></output>
      <script>
        const client = SmartChat.createChatClient({ url: '${server.url}' });
        document.querySelector('output').textContent = client.user + ' ' + client.connection;
      </script>`);
    expect(await page.textContent('output')).toBe('null offline');
    expect(problems).toEqual([]);
  });
});
