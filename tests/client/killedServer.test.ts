import { join } from 'node:path';
import type { ChatClient, Message } from '../../client/src';
import { times } from '../../testkit/builders';
import { RestartableServer } from '../../testkit/serverProcess';
import { useProcessFolder } from '../support/processFolder';
import { mongoUrlForTest } from '../support/testMongo';
import { follow, newAccount, newClient, seqsOf, wholeHistory } from './support';

const directory = useProcessFolder();

const KILLS = 2;
const SESSIONS = 2;
/** Messages of each device to each session between two kills and at the end. */
const BURST = 5;

const mongoUrl = mongoUrlForTest();
const databases: [string, Record<string, string>][] = [
  ['SQLite', { DATABASE_URL: `sqlite://${join(directory, 'chat.db')}` }],
  ...(mongoUrl === null
    ? []
    : ([['MongoDB', { DATABASE_URL: mongoUrl }]] as [string, { DATABASE_URL: string }][])),
];

test.each(databases)(
  'all that was sent is stored once and in order, and seen once and in order, through kills, on %s',
  async (_name, environment) => {
    const server = await RestartableServer.create(directory, environment);
    await server.start();
    const account = newAccount();
    const phone = newClient({ url: server.url });
    await phone.signUp(account);
    const laptop = newClient({ url: server.url });
    await laptop.logIn(account);
    const reader = newClient({ url: server.url });
    await reader.logIn(account);
    const sessions = await Promise.all(times(SESSIONS, () => phone.sessions.create()));
    const seen = sessions.map(({ id }) => [phone, laptop, reader].map((client) => follow(client, id, 0)));

    const sent: Promise<Message>[] = [];
    const send = (client: ChatClient, device: string) => {
      for (const { id } of sessions) sent.push(client.send(id, `${device} ${sent.length}`));
    };
    for (let kill = 0; kill <= KILLS; kill += 1) {
      const first = sent.length;
      for (const _ of times(BURST, () => null)) {
        send(phone, 'phone');
        send(laptop, 'laptop');
      }
      // By now, some messages are stored, some in flight and some waiting.
      await Promise.race(sent.slice(first + 4));
      if (kill === KILLS) break;
      await server.end('SIGKILL');
      await server.start();
    }
    const resolved = await Promise.all(sent);
    for (const [index, { id }] of sessions.entries()) {
      const history = await wholeHistory(phone, id);
      const mine = resolved.filter(({ sessionId }) => sessionId === id);
      expect(seqsOf(history)).toEqual(times(2 * mine.length, (place) => place + 1));
      const questions = history.filter(({ sender }) => sender === 'user');
      expect(questions).toEqual(expect.arrayContaining(mine));
      expect(questions).toHaveLength(mine.length);
      for (const device of ['phone', 'laptop']) {
        const order = questions.filter(({ content }) => content.startsWith(device)).map(numberIn);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }
      for (const { messages, until } of seen[index] ?? []) {
        await until(history.length);
        expect(messages).toEqual(history);
      }
    }
    expect([phone.outbox, laptop.outbox]).toEqual([[], []]);
    await server.end('SIGKILL');
  },
  60_000,
);

function numberIn({ content }: Message): number {
  return Number(content.split(' ')[1]);
}
