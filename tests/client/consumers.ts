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
  // Of another bundle, which must know the errors of this one.
  const missing = await new Promise((resolve) => {
    messageStore(client, '0190b5a0-0000-7000-8000-0000000000aa').subscribe(({ status }) => status !== 'loading' && resolve(status));
  });
  client.close();
  console.log(JSON.stringify([sent.seq, seq, content, refused instanceof ChatClientError, refused.code, missing]));
}
use(process.argv[2]);
`;

export const esmConsumer = `import { ChatClientError, createChatClient, memoryStorage } from 'smart-chat-client';
import { messageStore } from 'smart-chat-client/svelte';${USE}`;

export const cjsConsumer = `const { ChatClientError, createChatClient, memoryStorage } = require('smart-chat-client');
const { messageStore } = require('smart-chat-client/svelte');${USE}`;

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

/** Prints the names that the entries for frameworks export. */
export const frameworkConsumers = {
  'frameworks.mjs': `
import * as react from 'smart-chat-client/react';
import * as vue from 'smart-chat-client/vue';
console.log(JSON.stringify([Object.keys(react), Object.keys(vue)]));`,
  'frameworks.cjs': `
const [react, vue] = [require('smart-chat-client/react'), require('smart-chat-client/vue')];
console.log(JSON.stringify([Object.keys(react), Object.keys(vue)]));`,
};

/** Does not compile if a type of the entries for frameworks is missing, or is not the one of the client. */
export const typedFrameworks = `
import { type ChatClient, createChatClient, type Message, type User } from 'smart-chat-client';
import { ChatProvider, useMessages, useUser } from 'smart-chat-client/react';
import { messageStore } from 'smart-chat-client/svelte';
import { createChat, useMessages as useVueMessages } from 'smart-chat-client/vue';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const client: ChatClient = createChatClient({ url: 'http://localhost:3001' });
export const provider = ChatProvider({ client });
export const plugin = createChat(client);
export const store = messageStore(client, 'a');
export const checks: [
  Same<ReturnType<typeof useUser>, User | null>,
  Same<ReturnType<typeof useMessages>['messages'], readonly Message[]>,
  Same<ReturnType<typeof useVueMessages>['messages']['value'], readonly Message[]>,
  Same<Awaited<ReturnType<typeof store.send>>, Message>,
] = [true, true, true, true];
store.subscribe(({ messages }) => messages.length);
`;
