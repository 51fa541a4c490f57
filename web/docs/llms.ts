import type { AsyncApiDocument, OpenApiDocument } from '../../src/apiDocs/documents';
import { ERROR_CATALOGUE } from '../../src/domain/errors';
import { DOCUMENTED_ORIGIN } from '../../src/domain/limits';

const CLIENT = `import { createChatClient } from 'smart-chat-client';

const client = createChatClient({ url: '${DOCUMENTED_ORIGIN}' });
const account = { username: 'johndoe', email: 'john@example.com', password: 'securepassword123' };
try {
  await client.signUp(account);
} catch (error) {
  if (error.code !== 'USERNAME_TAKEN') throw error; // error.message can be shown to users
  await client.logIn(account);
}
const { id } = await client.sessions.create();
const replied = new Promise((resolve, reject) => {
  client.subscribe(id, {
    after: 0, // the seq of the last message that you have
    onDraft: ({ text }) => console.log('writing:', text), // streamed replies only
    onMessage: (message) => {
      console.log(\`\${message.sender}: \${message.content}\`);
      if (message.sender === 'server') resolve(message);
    },
    onError: reject,
  });
});
await client.send(id, 'Hello, server!'); // resolves when it is stored; repeated until then, and stored once
await replied;
client.close();`;

const REACT = `import { useState } from 'react';
import { createChatClient } from 'smart-chat-client';
import { ChatProvider, useMessages } from 'smart-chat-client/react';

// Once, outside of components. With Vite; 'http://localhost:3001' may be any origin that serves Smart Chat Server.
const client = createChatClient({ url: '${DOCUMENTED_ORIGIN}' });

export default function App({ sessionId }: { sessionId: string }) {
  return (
    <ChatProvider client={client}>
      <Conversation sessionId={sessionId} />
    </ChatProvider>
  );
}

/** sessionId: a UUID of yours for a new session, or an id of useSessions().sessions. */
function Conversation({ sessionId }: { sessionId: string }) {
  const { messages, unsent, drafts, send, stop, hasEarlier, loadEarlier } = useMessages(sessionId);
  const [content, setContent] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setContent('');
        send(content).catch((error: Error) => {
          setContent((typed) => typed || content); // not lost, so that it can be changed and sent again
          alert(error.message);
        });
      }}
    >
      {hasEarlier && <button type="button" onClick={() => void loadEarlier()}>Earlier</button>}
      {messages.map((message) => <p key={message.seq}>{message.sender}: {message.content}</p>)}
      {unsent.map((message) => <p key={message.clientMessageId}>sending: {message.content}</p>)}
      {drafts.map((draft) => <p key={draft.replyTo}>writing: {draft.text}</p>)}
      <input value={content} onChange={(event) => setContent(event.target.value)} required />
      <button type="submit">Send</button>
      {drafts.length > 0 && <button type="button" onClick={() => void stop()}>Stop</button>}
    </form>
  );
}`;

/** Describes the server and its client for language models, in the format of llmstxt.org. Routes, events and codes come from the documents. */
export function describeForModels(openApi: OpenApiDocument, asyncApi: AsyncApiDocument): string {
  return `# Smart Chat Server

> A self-hosted chat backend. Users have sessions, and every message of a user gets one stored reply of the server: an echo, a model, a
> webhook or your own function. Accounts and history over REST, live messages over Socket.IO 4. Messages are stored once, in order, and
> survive restarts and lost connections.

Use the client \`smart-chat-client\` rather than a bare socket: it renews tokens, sends again after lost connections, and resumes without a gap.

- Install it from this server: \`npm install ${DOCUMENTED_ORIGIN}/smart-chat-client.tgz\`. Types included, for ES modules and CommonJS. If
  that is 404, the server runs without its build: run \`npm run build\` in its checkout, then \`npm pack\` in \`client/\`.
- Without a build step: \`import { createChatClient } from '${DOCUMENTED_ORIGIN}/client.js'\`, or \`<script src="${DOCUMENTED_ORIGIN}/chat-client.global.js">\` and \`SmartChat.createChatClient\`.
- React: \`smart-chat-client/react\` exports \`ChatProvider\`, \`useMessages\`, \`useSessions\`, \`useUser\`, \`useConnection\`, \`useChatClient\`.
- Vue: \`smart-chat-client/vue\` has composables of the same names, and \`app.use(createChat(client))\`. Svelte: \`smart-chat-client/svelte\` has stores.
- In production, the origin of your page must be in the server's \`CORS_ORIGIN\`. In development every loopback origin is allowed.

## A client

\`\`\`js
${CLIENT}
\`\`\`

## React

\`\`\`tsx
${REACT}
\`\`\`

\`useUser()\` is the logged-in user or null. Log in with \`useChatClient().logIn({ username, password })\` or \`signUp({ username, email, password })\`.
The login is kept in \`localStorage\`, so a reload stays logged in. \`useChatClient().guest()\` needs no account, where the server has \`GUESTS=on\`.

\`useSessions()\` returns \`{ sessions, status, error, hasMore, loadMore }\`, newest activity first. To rename, pin, archive or delete one, call
\`useChatClient().sessions\`. A session has unread messages if its \`lastSeq\` is larger than its \`readSeq\`: displaying messages doesn't mark them as
read, \`useChatClient().sessions.markRead(sessionId, seq)\` does. \`useMessages()\` also returns \`status\` and \`error\`. With a
new UUID it is \`ready\` and empty, and the first message creates the session.

## REST

Send \`Authorization: Bearer <token>\`, except where it says public. Errors are \`application/problem+json\` with a stable \`code\`.

${routesOf(openApi)}

## Socket.IO

Connect with \`io('${DOCUMENTED_ORIGIN}', { auth: { token } })\`.

${eventsOf(asyncApi)}

## Error codes

${Object.keys(ERROR_CATALOGUE).join(', ')}. The client adds OFFLINE, BAD_RESPONSE and NO_ROOM.

## Reference

- [Reference of REST, events and the client](${DOCUMENTED_ORIGIN}/docs)
- [OpenAPI 3.1](${DOCUMENTED_ORIGIN}/api/openapi.json): every route with its fields, limits and responses
- [AsyncAPI 3.0](${DOCUMENTED_ORIGIN}/api/asyncapi.json): every event with its payload
- [Postman collection](${DOCUMENTED_ORIGIN}/docs/postman.json): also for Bruno and Insomnia
`;
}

function routesOf({ paths }: OpenApiDocument): string {
  const lines = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { summary, security }]) => {
      const access = security.length === 0 ? ' (public)' : '';
      return `- \`${method.toUpperCase()} ${path}\`: ${summary}${access}`;
    }),
  );
  return lines.join('\n');
}

function eventsOf({ operations }: AsyncApiDocument): string {
  const lines = Object.values(operations).map(
    ({ action, title, summary }) =>
      `- ${action === 'receive' ? 'client → server' : 'server → client'} \`${title}\`: ${summary}`,
  );
  return lines.join('\n');
}
