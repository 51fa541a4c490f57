import type { EventOperation } from '../events/asyncApiDocument';
import type { Message } from '../events/messages';
import { codeBlock, jsonBlock } from './code';
import { type Html, html } from './html';
import { inline, paragraphs } from './markdown';
import { membersTable } from './schemaView';
import { CONNECT, emitSnippet, listenSnippet } from './snippets';

export interface EventView {
  id: string;
  operation: EventOperation;
  message: Message;
  /** What the event is answered, where it is. */
  ack?: Message;
}

/** An event: its payload, its ack, and how to send or hear it. */
export function eventView({ id, operation, message, ack }: EventView): Html {
  const isSent = operation.action === 'receive';
  return html`<section class="entry" id="${id}">
<div class="text">
<h3><a class="anchor" href="#${id}">${message.title}</a></h3>
<p class="route"><span class="method ${isSent ? 'emit' : 'on'}">${isSent ? 'EMIT' : 'ON'}</span> <code>${message.name}</code></p>
${paragraphs(message.description)}
<h4>Payload</h4>${membersTable(message.payload)}
${ack ? ackText(ack) : null}
</div>
<div class="samples">
${isSent ? sentSamples(message) : heardSamples(message)}
${ack?.examples.slice(0, 1).map((example) => jsonBlock('ack', example.payload)) ?? null}
</div>
</section>`;
}

function sentSamples({ name, examples }: Message): Html[] {
  const snippetOf = (payload: unknown) => (name === 'connect' ? CONNECT : emitSnippet(name, payload));
  return examples.map((example) => codeBlock(example.name, 'js', snippetOf(example.payload)));
}

function heardSamples({ name, examples }: Message): Html[] {
  const listen = codeBlock('Listen', 'js', listenSnippet(name, parameterOf(name)));
  return [listen, ...examples.map((example) => jsonBlock(example.name, example.payload))];
}

function parameterOf(name: string): string {
  if (name === 'message') return 'message';
  return name.includes('error') ? 'error' : 'event';
}

function ackText({ payload, description }: Message): Html {
  const [success] = payload.oneOf ?? [];
  return html`<h4>Ack</h4>${success ? membersTable(success) : null}<p class="failures">${inline(description)}</p>`;
}
