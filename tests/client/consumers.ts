/** The sources of programs that use the package as its users do. */

const USE = `
async function use(url) {
  const client = createChatClient({ url, storage: memoryStorage() });
  const name = 'u' + process.pid + '_' + Date.now();
  await client.signUp({ username: name, email: name + '@example.com', password: 'correct horse battery' });
  const session = await client.sessions.create();
  const reply = new Promise((resolve) => {
    client.subscribe(session.id, { onMessage: (message) => message.sender === 'server' && resolve(message) });
  });
  const sent = await client.send(session.id, 'from a consumer');
  const { seq, content } = await reply;
  const refused = await client.sessions.get('nonsense').catch((error) => error);
  client.close();
  console.log(JSON.stringify([sent.seq, seq, content, refused instanceof ChatClientError, refused.code]));
}
use(process.argv[2]);
`;

export const esmConsumer = `import { ChatClientError, createChatClient, memoryStorage } from 'smart-chat-client';${USE}`;

export const cjsConsumer = `const { ChatClientError, createChatClient, memoryStorage } = require('smart-chat-client');${USE}`;

/** Does not compile if a type is missing or has turned into \`any\`. */
export const typedConsumer = `
import { ChatClientError, createChatClient, type ChatClient, type Message, type User } from 'smart-chat-client';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export const client: ChatClient = createChatClient({ url: 'http://localhost:3001', socketOptions: { timeout: 1 } });
export const checks: [
  Same<typeof client.user, User | null>,
  Same<Message['seq'], number>,
  Same<Awaited<ReturnType<typeof client.send>>, Message>,
  Same<Parameters<typeof client.send>[0], string>,
  Same<Awaited<ReturnType<typeof client.account.logins>>[number]['current'], boolean>,
] = [true, true, true, true, true];
export function isGone(error: unknown): boolean {
  return error instanceof ChatClientError && error.code === 'NOT_FOUND';
}
client.on('session', ({ type, session }) => type === 'renamed' && session.name?.trim());
`;
