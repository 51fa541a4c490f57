/** A minimal chat in React: the messages of a session, those that are not sent yet, and the replies that are being written. */
import { type FormEvent, useState } from 'react';
import { useConnection, useMessages } from 'smart-chat-client/react';

/** Needs a `ChatProvider` around it, and a logged-in user. */
export function Chat({ sessionId }: { sessionId: string }) {
  const { messages, unsent, drafts, hasEarlier, loadEarlier, send, stop } = useMessages(sessionId);
  const connection = useConnection();
  const [content, setContent] = useState('');
  const [problem, setProblem] = useState('');
  const report = (error: Error) => setProblem(error.message);
  function submit(event: FormEvent) {
    event.preventDefault();
    setContent('');
    send(content).catch((error: Error) => {
      setContent((typed) => typed || content); // not lost, so that it can be changed and sent again
      report(error);
    });
  }
  return (
    <form onSubmit={submit}>
      {hasEarlier && (
        <button type="button" onClick={() => loadEarlier().catch(report)}>
          Earlier messages
        </button>
      )}
      <ol>
        {messages.map(({ seq, sender, content }) => (
          <li key={seq}>{`${sender}: ${content}`}</li>
        ))}
        {unsent.map(({ clientMessageId, content }) => (
          <li key={clientMessageId}>{`sending: ${content}`}</li>
        ))}
        {drafts.map(({ replyTo, text }) => (
          <li key={replyTo}>{`writing: ${text}`}</li>
        ))}
      </ol>
      <input
        value={content}
        onChange={({ target }) => setContent(target.value)}
        aria-label="Message"
        required
      />
      <button type="submit">Send</button>
      {drafts.length > 0 && (
        <button type="button" onClick={() => stop().catch(report)}>
          Stop
        </button>
      )}
      <output>{connection}</output>
      <p role="alert">{problem}</p>
    </form>
  );
}
