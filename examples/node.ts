/**
 * A minimal chat in a terminal: sends each line and prints the messages of the session. After `npm run build`:
 *
 *     EMAIL=john@example.com PASSWORD=… npx tsx examples/node.ts http://localhost:3001
 */
import { createInterface } from 'node:readline';
import { createChatClient } from 'smart-chat-client';

async function main(): Promise<void> {
  const { EMAIL: email = '', PASSWORD: password = '' } = process.env;
  const client = createChatClient({ url: process.argv[2] ?? 'http://localhost:3001' });
  client.on('connection', (state) => process.stderr.write(`(${state})\n`));
  await client.logIn({ email, password });
  const { sessions } = await client.sessions.list({ limit: 1 });
  const { id } = sessions[0] ?? (await client.sessions.create());

  let onReply = () => {};
  client.subscribe(id, {
    onMessage({ sender, content }) {
      process.stdout.write(`${sender}: ${content}\n`);
      if (sender === 'server') onReply();
    },
  });

  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    const reply = new Promise<void>((resolve) => {
      onReply = resolve;
    });
    // The client sends again after restarts of the server and network failures, so this needs no retry.
    await client.send(id, line);
    await reply;
  }
  await client.logOut();
  client.close();
}

void main();
