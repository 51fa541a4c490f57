import type { EventMessage, EventOperation } from '../../src/apiDocs/documents';
import { CodeBlock, JsonBlock } from './Code';
import { Inline, Paragraphs } from './Markdown';
import { Members } from './Members';
import { CONNECT, emitSnippet, listenSnippet } from './snippets';

export interface DocumentedEvent {
  id: string;
  operation: EventOperation;
  message: EventMessage;
  ack?: EventMessage;
}

/** An event: its payload, its ack, and how to send or receive it. */
export function EventEntry({ id, operation, message, ack }: DocumentedEvent) {
  // The document is written from the server's point of view.
  const isSentByClient = operation.action === 'receive';
  const ackExample = ack?.examples[0];
  return (
    <section class="entry" id={id}>
      <div class="text">
        <h3>
          <a class="anchor" href={`#${id}`}>
            {message.title}
          </a>
        </h3>
        <p class="route">
          <span class={`method ${isSentByClient ? 'emit' : 'on'}`}>{isSentByClient ? 'EMIT' : 'ON'}</span>{' '}
          <code>{message.name}</code>
        </p>
        <Paragraphs text={message.description} />
        <h4>Payload</h4>
        <Members schema={message.payload} />
        {ack && <Ack {...ack} />}
      </div>
      <div class="samples">
        {isSentByClient ? <SentSamples {...message} /> : <ReceivedSamples {...message} />}
        {ackExample && <JsonBlock title="ack" value={ackExample.payload} />}
      </div>
    </section>
  );
}

function Ack({ payload, description }: EventMessage) {
  const [success] = payload.oneOf ?? [];
  return (
    <>
      <h4>Ack</h4>
      {success && <Members schema={success} />}
      <p class="failures">
        <Inline text={description} />
      </p>
    </>
  );
}

function SentSamples({ name: event, examples }: EventMessage) {
  return (
    <>
      {examples.map(({ name, payload }) => {
        const code = event === 'connect' ? CONNECT : emitSnippet(event, payload);
        return <CodeBlock key={name} title={name} language="js" code={code} />;
      })}
    </>
  );
}

function ReceivedSamples({ name: event, examples }: EventMessage) {
  return (
    <>
      <CodeBlock title="Listen" language="js" code={listenSnippet(event, parameterName(event))} />
      {examples.map(({ name, payload }) => (
        <JsonBlock key={name} title={name} value={payload} />
      ))}
    </>
  );
}

function parameterName(event: string): string {
  if (event === 'message') return 'message';
  return event.includes('error') ? 'error' : 'event';
}
