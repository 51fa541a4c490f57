import { TcpProxy } from '../../testkit/tcpProxy';
import { startTestServer } from '../support/testServer';
import { online, signedUp } from './support';

/** What the server sends while a connection opens, by how each begins. */
const ANSWERS = ['0{"sid"', '40{"sid"'];

/** With polling as another way, that would be tried on the spot. */
const SOCKET = { transports: ['websocket'] };

const proxies: TcpProxy[] = [];

afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.refuse();
});

/** A way to a server on which the first of these answers meets with what is given instead. */
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
  'a connection lost with the answer %s on its way is followed by another',
  async (answer) => {
    const way = await disturbedOnce(answer, (cut) => cut());
    await online(await signedUp({ url: way.url, socketOptions: SOCKET }));
    expect(way.disturbed()).toBe(1);
  },
);

test('a connection lost between the two answers is followed by another', async () => {
  const way = await disturbedOnce('0{"sid"', (cut, passOn) => {
    passOn();
    setImmediate(cut);
  });
  await online(await signedUp({ url: way.url, socketOptions: SOCKET }));
  expect(way.disturbed()).toBe(1);
});

test.each(ANSWERS)(
  'a connection whose answer %s never comes is given up, and followed by another',
  async (answer) => {
    const way = await disturbedOnce(answer, () => {});
    await online(await signedUp({ url: way.url, socketOptions: { ...SOCKET, timeout: 300 } }));
    expect(way.disturbed()).toBe(1);
  },
);
