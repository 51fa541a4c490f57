import { TcpProxy } from '../../testkit/tcpProxy';
import { startTestServer } from '../support/testServer';
import { online, signedUp } from './support';

/** The start of each response while a connection is opened. */
const ANSWERS = ['0{"sid"', '40{"sid"'];

/** Polling would be tried immediately as a fallback. */
const SOCKET = { transports: ['websocket'] };

const proxies: TcpProxy[] = [];

afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.refuse();
});

/** A proxied server whose first response of this kind is handled by `disturb`. */
async function disturbedOnce(answer: string, disturb: (cut: () => void, passOn: () => void) => void) {
  const server = await startTestServer();
  const proxy = await TcpProxy.to(server.url);
  proxies.push(proxy);
  let disturbed = 0;
  proxy.interference.toClient = (data, { client, cut }) => {
    const passOn = () => void client.write(data);
    if (disturbed > 0 || !data.includes(answer)) return passOn();
    disturbed += 1;
    disturb(cut, passOn);
  };
  return { url: `http://${proxy.host}`, disturbed: () => disturbed };
}

test.each(ANSWERS)(
  'reconnects if the connection is lost while the response %s is in transit',
  async (answer) => {
    const way = await disturbedOnce(answer, (cut) => cut());
    await online(await signedUp({ url: way.url, socketOptions: SOCKET }));
    expect(way.disturbed()).toBe(1);
  },
);

test('reconnects if the connection is lost between the two responses', async () => {
  const way = await disturbedOnce('0{"sid"', (cut, passOn) => {
    passOn();
    setImmediate(cut);
  });
  await online(await signedUp({ url: way.url, socketOptions: SOCKET }));
  expect(way.disturbed()).toBe(1);
});

test.each(ANSWERS)('reconnects after a timeout if the response %s never arrives', async (answer) => {
  const way = await disturbedOnce(answer, () => {});
  await online(await signedUp({ url: way.url, socketOptions: { ...SOCKET, timeout: 300 } }));
  expect(way.disturbed()).toBe(1);
});
