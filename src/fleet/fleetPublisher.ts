import type { Login } from '../domain/user';
import type { Publisher, StoredMessages } from '../services/publisher';
import type { DraftRelay } from './draftRelay';
import type { Feeds } from './feeds';
import { type Devices, reportActivity } from './fleet';
import type { Hint } from './hints';
import type { Nodes } from './nodes';

export interface FleetPublisherParts {
  /** Publishes to the sockets of this node. */
  local: Publisher;
  devices: Devices;
  feeds: Feeds;
  nodes: Nodes;
  /** Null if there are no drafts to show. */
  relay: DraftRelay | null;
  /** All logins of a user, also those that have expired: the clocks of nodes differ. */
  loginsOf(userId: string): Promise<readonly Pick<Login, 'id'>[]>;
  /** Sends a hint to the other nodes that have sockets of this user, if Redis is there. Never waits. */
  publish(userId: string, hint: Hint): void;
}

/** Publishes to the sockets of this node through the feeds of their sessions, and to other nodes by hints. */
export function createFleetPublisher(parts: FleetPublisherParts): Publisher {
  const { local, devices, feeds, nodes, relay, loginsOf, publish } = parts;
  const hintMessages = ({ session, sessionKey, messages }: StoredMessages): void => {
    const seq = messages.at(-1)?.seq;
    if (sessionKey === undefined || seq === undefined) return;
    publish(session.userId, { kind: 'messages', sessionId: session.id, key: sessionKey, seq });
  };
  return {
    messagesStored: (stored) => {
      feeds.stored(stored);
      reportActivity(devices, stored);
      hintMessages(stored);
    },
    messagesRepeated: (stored) => {
      hintMessages(stored);
      const acknowledge = () => stored.acknowledge?.();
      const { id: sessionId, userId } = stored.session;
      // The acknowledgement has only the first message: its device may have missed the reply, which another node has delivered.
      const caughtUp = feeds.catchUp({ userId, sessionId }, stored.messages[0]?.seq ?? 0, () => {});
      // Whether or not the devices of this node could catch up, the message is stored.
      if (caughtUp === undefined) acknowledge();
      else caughtUp.then(acknowledge, acknowledge);
    },
    sessionChanged: (change, session, exceptSocket) => {
      local.sessionChanged(change, session, exceptSocket);
      const { id: sessionId, userId, createdAt, lastMessageAt, lastSeq } = session;
      if (change !== 'deleted') publish(userId, { kind: 'session', change, sessionId });
      else publish(userId, { kind: 'deleted', sessionId, createdAt, lastMessageAt, lastSeq });
    },
    draftChanged: (draft) => {
      relay?.changed(draft);
      local.draftChanged(draft);
    },
    draftEnded: (draft) => {
      relay?.ended(draft);
      local.draftEnded(draft);
    },
    revoking: async (userId, isRevoked) => {
      if (nodes.livePeers.length === 0) return;
      const logins = await loginsOf(userId);
      await nodes.revoke(logins.map(({ id }) => id).filter(isRevoked));
    },
    loginRevoked: (userId, loginId) => {
      local.loginRevoked(userId, loginId);
      publish(userId, { kind: 'login', loginId });
    },
    userDeleted: (userId) => {
      local.userDeleted(userId);
      publish(userId, { kind: 'user' });
    },
  };
}
