import { useEffect, useRef, useState } from 'preact/hooks';
import type { Message } from '../../domain/message';

/** Reads out what the server says from now on; what one scrolls back to stays silent. */
export function Announcer({ messages }: { messages: readonly Message[] }) {
  const heardUpTo = useRef<number | null>(null);
  const [spoken, setSpoken] = useState('');
  const latest = messages.at(-1);

  useEffect(() => {
    if (!latest) return;
    const heard = heardUpTo.current;
    heardUpTo.current = latest.seq;
    if (heard === null || latest.seq <= heard) return;
    const news = messages.filter(({ seq, sender }) => seq > heard && sender === 'server');
    if (news.length > 0) setSpoken(news.map(({ content }) => `Answer: ${content}`).join('\n'));
  }, [latest?.seq]);

  return (
    <div class="visually-hidden" aria-live="polite">
      {spoken}
    </div>
  );
}
