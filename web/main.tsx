import { render } from 'preact';
import { createChatClient } from '../client/src';
import { App } from './App';
import { ClientProvider } from './state/hooks';
import './styles/index.css';

const root = document.getElementById('app');
if (root) {
  const client = createChatClient({ url: location.origin });
  render(
    <ClientProvider value={client}>
      <App />
    </ClientProvider>,
    root,
  );
}
