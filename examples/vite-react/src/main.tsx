import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createChatClient } from 'smart-chat-client';
import { ChatProvider } from 'smart-chat-client/react';
import { App } from './App';

const client = createChatClient({ url: import.meta.env.VITE_CHAT_URL ?? 'http://localhost:3001' });

createRoot(document.getElementById('root') ?? document.body).render(
  <StrictMode>
    <ChatProvider client={client}>
      <App />
    </ChatProvider>
  </StrictMode>,
);
