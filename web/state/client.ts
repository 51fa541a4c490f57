import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { ChatClient, ConnectionState, OutgoingMessage, User } from '../../client/src';

const ClientContext = createContext<ChatClient | null>(null);

export const ClientProvider = ClientContext.Provider;

/** The client of this page. */
export function useClient(): ChatClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error('this component is outside of ClientProvider');
  return client;
}

/** Who is logged in; null for nobody. */
export function useUser(): User | null {
  const client = useClient();
  const [user, setUser] = useState(client.user);
  useEffect(() => {
    setUser(client.user);
    return client.on('user', setUser);
  }, [client]);
  return user;
}

export function useConnection(): ConnectionState {
  const client = useClient();
  const [state, setState] = useState(client.connection);
  useEffect(() => {
    setState(client.connection);
    return client.on('connection', setState);
  }, [client]);
  return state;
}

/** What waits to be sent, in all sessions. */
export function useOutbox(): readonly OutgoingMessage[] {
  const client = useClient();
  const [outbox, setOutbox] = useState(client.outbox);
  useEffect(() => {
    setOutbox(client.outbox);
    return client.on('outbox', setOutbox);
  }, [client]);
  return outbox;
}
