import { expectNothingLost, startTestServer, type TestServer } from '../../testkit/testing';
import { describeInBrowser } from '../support/browser';
import { sendUnderEveryFault } from '../testkit/everyFault';
import { logInOn, NETWORK_LOST, REFUSED, say, shownOn, startChatOn, visit } from './chatPage';

describeInBrowser('the chat page on a server that breaks', (shared) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  test('loses, doubles and reorders nothing under any fault of the test kit', async () => {
    const ada = await server.addUser();
    const expected = new RegExp(`${NETWORK_LOST.source}|${REFUSED.source}|a status of 503`);
    const { page, problems } = await visit(shared.browser, server.url, { expected });
    await logInOn(page, ada.user.username);
    await startChatOn(page, 'Hello');
    const sent = await sendUnderEveryFault(server, ada, (content) => say(page, content));
    const received = () => shownOn(page);
    await expectNothingLost({ user: ada, sent: ['Hello', ...sent], received }, { timeoutMs: 15_000 });
    expect(problems).toEqual([]);
  }, 60_000);
});
