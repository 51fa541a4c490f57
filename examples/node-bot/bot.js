/**
 * A bot that sends one report a day to a session of its own, and prints the reply. Run it as often as you like: the id of the message is
 * the day, so the server stores the first report of the day only.
 *
 *     BOT_PASSWORD=correct-horse-battery node bot.js
 */
import os from 'node:os';
import { createChatClient } from 'smart-chat-client';

const { CHAT_URL = 'http://localhost:3001', BOT_NAME = 'report-bot', BOT_PASSWORD = '' } = process.env;
const client = createChatClient({ url: CHAT_URL });
const account = { username: BOT_NAME, email: `${BOT_NAME}@example.com`, password: BOT_PASSWORD };
await client.logIn(account).catch((error) => {
  if (error.code === 'INVALID_CREDENTIALS') return client.signUp(account);
  throw error;
});

const { sessions } = await client.sessions.list({ limit: 100 });
const name = 'Daily reports';
const { id } = sessions.find((session) => session.name === name) ?? (await client.sessions.create({ name }));

const day = new Date().toISOString().slice(0, 10);
const report = `${day}: load ${os.loadavg()[0].toFixed(1)}, free memory ${Math.round(os.freemem() / 2 ** 20)} MiB`;
const sent = await client.send(id, report, { clientMessageId: day });
const reply = await new Promise((resolve, reject) => {
  client.subscribe(id, {
    after: sent.seq,
    onMessage: (message) => message.replyTo === sent.messageId && resolve(message),
    onError: reject,
  });
});
process.stdout.write(`${sent.content}\n${reply.content}\n`);
await client.logOut();
client.close();
