import type { ComponentChild } from 'preact';
import { DOCUMENTED_ORIGIN } from '../../src/domain/limits';
import { CodeBlock } from './Code';
import { Paragraphs } from './Markdown';

/** A declaration that the client library exports. */
export interface ClientExport {
  name: string;
  kind: 'function' | 'class' | 'interface' | 'type';
  /** The text of its doc comment. */
  description: string;
  /** A function's signature, a type's definition, or the head of what has members. */
  code: string;
  members: readonly ClientMember[];
}

export interface ClientMember {
  /** Its declaration in TypeScript. */
  code: string;
  description: string;
}

/** The id of the page's entry for an export of the client library. */
export function anchorOfExport(name: string): string {
  return `client-${name}`;
}

const INSTALL = `import { createChatClient } from '${DOCUMENTED_ORIGIN}/client.js';

const client = createChatClient({ url: '${DOCUMENTED_ORIGIN}' });
await client.signUp({
  username: 'johndoe',
  email: 'john@example.com',
  password: 'securepassword123',
});
const { id } = await client.sessions.create();
client.subscribe(id, {
  after: 0,
  onMessage: ({ sender, content }) => console.log(sender, content),
});
await client.send(id, 'Hello, server!');`;

/** How to get the client library, and what it does by itself. */
export function ClientStart() {
  return (
    <section class="entry" id="client">
      <div class="text">
        <h3>
          <a class="anchor" href="#client">
            Use the client library
          </a>
        </h3>
        <Paragraphs text={CLIENT_TEXT} />
      </div>
      <div class="samples">
        <CodeBlock title="In a page" language="js" code={INSTALL} />
      </div>
    </section>
  );
}

const CLIENT_TEXT = `The client refreshes tokens, connects again after each interruption, resends a message until it is stored, and delivers each message of a
session once and in order. It is one ES module without a build step at \`/client.js\`, if the server serves the chat page. The package
\`smart-chat-client\` is the same code with types, for bundlers and Node.js 20.19 or later. Install it from the server:
\`npm install ${DOCUMENTED_ORIGIN}/smart-chat-client.tgz\`. It has hooks:

- React: \`smart-chat-client/react\` exports \`ChatProvider\`, \`useMessages\`, \`useSessions\`, \`useUser\`, \`useConnection\` and \`useChatClient\`.
- Vue: \`smart-chat-client/vue\` exports the same, with \`createChat\` in place of \`ChatProvider\`.
- Svelte: \`smart-chat-client/svelte\` exports the stores \`messageStore\`, \`sessionStore\`, \`userStore\` and \`connectionStore\`.

- \`send\` resolves when the message is on the server's disk. Until then the message is in the outbox, also after a reload of the page.
- All tabs of a browser share one login.
- Every failed call rejects with a [ChatClientError](#${anchorOfExport('ChatClientError')}), whose \`code\` is stable.`;

interface ClientEntryProps extends ClientExport {
  /** The names of all exports, which are links wherever they occur. */
  names: ReadonlySet<string>;
}

/** An export of the client library, with the text of its doc comments. */
export function ClientEntry({ name, kind, description, code, members, names }: ClientEntryProps) {
  const id = anchorOfExport(name);
  return (
    <section class="entry schema" id={id}>
      <div class="text">
        <h3>
          <a class="anchor" href={`#${id}`}>
            {name}
          </a>{' '}
          <span class="tag">{kind}</span>
        </h3>
        <Paragraphs text={description} />
        {members.length === 0 ? (
          <pre class="declaration">
            <code>{linked(code, name, names)}</code>
          </pre>
        ) : (
          <dl class="members">
            {members.map((member) => (
              <div key={member.code}>
                <dt>
                  <code class="declaration">{linked(member.code, name, names)}</code>
                </dt>
                <dd>
                  <Paragraphs text={member.description} />
                </dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </section>
  );
}

/** Code in which the names of other exports are links. */
function linked(code: string, own: string, names: ReadonlySet<string>): ComponentChild[] {
  return code
    .split(/(\w+)/)
    .map((word, index) =>
      index % 2 === 1 && word !== own && names.has(word) ? (
        <a href={`#${anchorOfExport(word)}`}>{word}</a>
      ) : (
        word
      ),
    );
}
