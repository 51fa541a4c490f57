'use client';
import { type ReactNode, useState } from 'react';
import { createChatClient } from 'smart-chat-client';
import { ChatProvider } from 'smart-chat-client/react';

const url = process.env.NEXT_PUBLIC_CHAT_URL ?? 'http://localhost:3001';

/** Provides the pages with a client: one in each browser, and one for each request that the server renders. */
export function Chat({ children }: { children: ReactNode }) {
  const [client] = useState(() => createChatClient({ url }));
  return <ChatProvider client={client}>{children}</ChatProvider>;
}
