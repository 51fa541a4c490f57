import { createChatClient } from 'smart-chat-client';
import { createChat } from 'smart-chat-client/vue';
import { createApp } from 'vue';
import App from './App.vue';

const client = createChatClient({ url: import.meta.env.VITE_CHAT_URL ?? 'http://localhost:3001' });

createApp(App).use(createChat(client)).mount('#app');
