import type { AsyncApiDocument } from '../events/asyncApiDocument';
import type { OpenApiDocument } from '../rest/openApi';
import { codeBlock } from './code';
import { type Html, html } from './html';
import { inline, paragraphs } from './markdown';
import { CONNECT, SERVER_URL } from './snippets';

const SIGN_UP = `curl '${SERVER_URL}/api/auth/signup' \\
  -H 'Content-Type: application/json' \\
  -d '{"username":"johndoe","email":"john@example.com","password":"securepassword123"}'`;

const TALK = `${CONNECT}

socket.on('message', console.log);
socket.emit('message', {
  sessionId: crypto.randomUUID(),
  content: 'Hello, server!',
});`;

/** From nothing to a first answer, in two steps. */
export function startView(): Html {
  return html`<section class="entry" id="start">
<div class="text">
<h3><a class="anchor" href="#start">Start here</a></h3>
<ol class="steps">
<li><strong>Sign up.</strong> The answer has a <code>token</code>: it stands for this login, over REST and sockets.</li>
<li><strong>Connect and talk.</strong> Make up a UUID for a session and send a message into it. The message is stored,
and so is the answer of the server, which comes back as a <code>message</code> event.</li>
<li><strong>Read it again.</strong> <a href="#listMessages">The history</a> has both, in the order of
<code>seq</code>. After a lost connection <a href="#receive-join-session"><code>join-session</code></a> with the last
<code>seq</code> you have returns what you missed.</li>
</ol>
<p>In TypeScript and JavaScript the client <code>smart-chat-server/client</code> does all of this, with refreshed tokens, resending
and reconnecting.</p>
</div>
<div class="samples">${codeBlock('1 · Sign up', 'shell', SIGN_UP)}${codeBlock('2 · Connect and talk', 'js', TALK)}</div>
</section>`;
}

/** What holds for all routes. */
export function restRules({ info, components }: OpenApiDocument): Html {
  const headers = Object.entries(components.headers).filter(
    ([name]) => !/^(Refused|Overloaded)-|-no-\w+$/.test(name),
  );
  return html`<section class="entry" id="rest">
<div class="text"><h3><a class="anchor" href="#rest">How REST works</a></h3>${paragraphs(info.description)}</div>
<div class="text"><h4>Headers of answers</h4><dl class="members">${headers.map(([name, { example, description }]) => headerRow(name, example, description))}</dl></div>
</section>`;
}

/** What holds for all events. */
export function eventRules({ info, channels }: AsyncApiDocument): Html {
  const [channel] = Object.values(channels);
  return html`<section class="entry" id="events">
<div class="text"><h3><a class="anchor" href="#events">How events work</a></h3>${paragraphs(info.description)}
${channel ? paragraphs(channel.description) : null}</div>
</section>`;
}

function headerRow(name: string, example: string, description: string): Html {
  return html`<div><dt><code>${name}</code> <span class="type"><code>${example}</code></span></dt><dd>${inline(description)}</dd></div>`;
}
