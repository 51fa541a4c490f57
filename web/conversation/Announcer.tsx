import { useEffect, useRef, useState } from 'preact/hooks';
import type { Message } from '../../src/domain/message';

/** Reads out what the server says from now on; what one scrolls back to stays silent. */
export function Announcer({ messages }: { messages: readonly Message[] }) {
  const heardUpTo = useRef<number | null>(null);
  const [spoken, setSpoken] = useState({ seq: 0, text: '' });
  const latest = messages.at(-1);

  useEffect(() => {
    if (!latest) return;
    const heard = heardUpTo.current;
    heardUpTo.current = latest.seq;
    if (heard === null || latest.seq <= heard) return;
    const news = messages.filter(({ seq, sender }) => seq > heard && sender === 'server');
    const text = news.map(({ content }) => `Answer: ${content}`).join('\n');
    if (news.length > 0) setSpoken({ seq: latest.seq, text });
  }, [latest?.seq]);

  return (
    <div class="visually-hidden" aria-live="polite">
      {/* A node of its own each time: the same words twice would be no change to read out. */}
      <p key={spoken.seq}>{spoken.text}</p>
    </div>
  );
}
