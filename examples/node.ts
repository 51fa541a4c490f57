/**
 * The shortest chat in a terminal: each line is sent, and what is said in the session is printed. After `npm run build`:
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

  let answered = () => {};
  client.subscribe(id, {
    onMessage({ sender, content }) {
      process.stdout.write(`${sender}: ${content}\n`);
      if (sender === 'server') answered();
    },
  });

  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    // Waits for as long as it takes, through restarts of the server and a network that is gone.
    await client.send(id, line);
    await answer;
  }
  await client.logOut();
  client.close();
}

void main();
