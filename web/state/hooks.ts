import { createContext } from 'preact';
import { useContext, useEffect, useMemo, useReducer, useState } from 'preact/hooks';
import type { ChatClient, ConnectionState, OutgoingMessage, User } from '../../client/src';
import type { Observable } from './observable';

const ClientContext = createContext<ChatClient | null>(null);

export const ClientProvider = ClientContext.Provider;

/** The page's client. */
export function useClient(): ChatClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error('useClient needs a ClientProvider around the component');
  return client;
}

/** The logged-in user, or null. */
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

/** The unsent messages of all sessions. */
export function useOutbox(): readonly OutgoingMessage[] {
  const client = useClient();
  const [outbox, setOutbox] = useState(client.outbox);
  useEffect(() => {
    setOutbox(client.outbox);
    return client.on('outbox', setOutbox);
  }, [client]);
  return outbox;
}

/** Whether the media query matches. */
export function useMedia(query: string): boolean {
  const media = useMemo(() => matchMedia(query), [query]);
  const [matches, setMatches] = useState(media.matches);
  useEffect(() => {
    const update = () => setMatches(media.matches);
    update();
    media.addEventListener('change', update);
    return () => media.removeEventListener('change', update);
  }, [media]);
  return matches;
}

/** The value of an observable. The component renders again when it changes. */
export function useObservable<T>(observable: Observable<T>): T {
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const rendered = observable.value;
  useEffect(() => {
    const update = () => renderAgain(undefined);
    // The value may have changed between rendering and this effect.
    if (!Object.is(rendered, observable.value)) update();
    return observable.subscribe(update);
  }, [observable]);
  return rendered;
}
