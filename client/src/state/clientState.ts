import { canonicalId } from '../../../src/domain/text';
import type { User } from '../../../src/domain/user';
import type { ChatClient, ConnectionState } from '../chatClient';
import { type Live, LiveState } from './liveState';
import { MessageList } from './messageList';
import { SessionList } from './sessionList';

/** The message lists that are kept without listeners, so that the user returns to a session without a load. */
const KEPT_LISTS = 20;

/** The live values of one client. All components share them, so that each is loaded once. */
export class ClientState {
  readonly user: Live<User | null>;
  readonly connection: Live<ConnectionState>;
  readonly sessions: SessionList;
  /** By session, least recently used first. */
  private readonly messageLists = new Map<string, MessageList>();

  constructor(private readonly client: ChatClient) {
    this.user = new ClientValue<User | null>(
      null,
      (known) => sameUser(known, client.user),
      (changed) => client.on('user', changed),
    );
    this.connection = new ClientValue<ConnectionState>(
      'offline',
      () => client.connection,
      (changed) => client.on('connection', changed),
    );
    this.sessions = new SessionList(client);
  }

  messages(sessionId: string): MessageList {
    const key = canonicalId(sessionId);
    const list = this.messageLists.get(key) ?? new MessageList(this.client, key);
    this.messageLists.delete(key);
    this.messageLists.set(key, list);
    const idle = [...this.messageLists].filter(([, each]) => !each.isRunning && each !== list);
    for (const [id] of idle.slice(0, Math.max(0, idle.length - KEPT_LISTS))) this.messageLists.delete(id);
    return list;
  }
}

/** A value that the client itself knows. */
class ClientValue<T> extends LiveState<T> {
  constructor(
    initial: T,
    private readonly readClient: (known: T) => T,
    private readonly onChange: (changed: () => void) => () => void,
  ) {
    super(initial);
  }

  protected override read(current: T): T {
    return this.readClient(current);
  }

  protected override follow(): () => void {
    const show = () => this.set(this.readClient(this.value));
    show();
    return this.onChange(show);
  }
}

/** The known object if it is the same state of the user: the client makes a new one with each renewal of its tokens. */
function sameUser(known: User | null, user: User | null): User | null {
  return known?.id === user?.id && known?.updatedAt === user?.updatedAt ? known : user;
}

const states = new WeakMap<ChatClient, ClientState>();

/** The live values of this client, always the same ones. */
export function stateOf(client: ChatClient): ClientState {
  const known = states.get(client);
  if (known) return known;
  const created = new ClientState(client);
  states.set(client, created);
  return created;
}
