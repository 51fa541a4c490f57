import type { AsyncApiDocument, OpenApiDocument } from '../../src/apiDocs/documents';
import { DOCUMENTED_ORIGIN } from '../../src/domain/limits';
import { CodeBlock } from './Code';
import { Inline, Paragraphs } from './Markdown';
import { CONNECT } from './snippets';

const SIGN_UP = `curl '${DOCUMENTED_ORIGIN}/api/auth/signup' \\
  -H 'Content-Type: application/json' \\
  -d '{"username":"johndoe","email":"john@example.com","password":"securepassword123"}'`;

const CHAT = `${CONNECT}

socket.on('message', console.log);
socket.emit('message', {
  sessionId: crypto.randomUUID(),
  content: 'Hello, server!',
});`;

/** From nothing to a first reply. */
export function Start() {
  return (
    <section class="entry" id="start">
      <div class="text">
        <h3>
          <a class="anchor" href="#start">
            Start here
          </a>
        </h3>
        <ol class="steps">
          <li>
            <strong>Sign up.</strong> The response contains a <code>token</code>. It authenticates REST
            requests and sockets. The examples read it from the environment variable <code>TOKEN</code>.
          </li>
          <li>
            <strong>Connect and chat.</strong> Create a UUID for a session and send a message to it. The
            server stores the message and its reply, and sends the reply as a <code>message</code> event.
          </li>
          <li>
            <strong>Read it again.</strong> <a href="#listMessages">The history</a> contains both, in the
            order of <code>seq</code>. After a lost connection,{' '}
            <a href="#receive-join-session">
              <code>join-session</code>
            </a>{' '}
            with the last <code>seq</code> that you have returns the messages you missed.
          </li>
        </ol>
        <p>
          In TypeScript and JavaScript, <a href="#client">the client library</a> does all of this. It also
          refreshes tokens, reconnects and resends messages.
        </p>
      </div>
      <div class="samples">
        <CodeBlock title="1 · Sign up" language="shell" code={SIGN_UP} />
        <CodeBlock title="2 · Connect and chat" language="js" code={CHAT} />
      </div>
    </section>
  );
}

/** The rules for all routes. */
export function RestRules({ document: { info, components } }: { document: OpenApiDocument }) {
  // Variants of a header differ only in when they are set.
  const headers = Object.entries(components.headers).filter(
    ([name]) => !/^(Refused|Overloaded)-|-no-\w+$/.test(name),
  );
  return (
    <section class="entry" id="rest">
      <div class="text">
        <h3>
          <a class="anchor" href="#rest">
            How REST works
          </a>
        </h3>
        <Paragraphs text={info.description} />
      </div>
      <div class="text">
        <h4>Response headers</h4>
        <dl class="members">
          {headers.map(([name, { example, description }]) => (
            <div key={name}>
              <dt>
                <code>{name}</code>{' '}
                <span class="type">
                  <code>{example}</code>
                </span>
              </dt>
              <dd>
                <Inline text={description} />
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  );
}

/** The rules for all events. */
export function EventRules({ document: { info, channels } }: { document: AsyncApiDocument }) {
  const [channel] = Object.values(channels);
  return (
    <section class="entry" id="events">
      <div class="text">
        <h3>
          <a class="anchor" href="#events">
            How events work
          </a>
        </h3>
        <Paragraphs text={info.description} />
        {channel && <Paragraphs text={channel.description} />}
      </div>
    </section>
  );
}
