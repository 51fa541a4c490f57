import type { Publisher } from '../services/publisher';
import type { ChatServer } from './chatServer';
import type { DraftStream } from './draftStream';
import { loginRoom, sessionRoom, userRoom } from './rooms';
import { SessionActivity } from './sessionActivity';

/** Publishes to connected devices over Socket.IO. */
export function createSocketPublisher(io: ChatServer, drafts: DraftStream): Publisher {
  /** Returns null if the room has no other member: most users have one device, and an emit to nobody costs as much as a real one. */
  const audienceOf = (room: string, exceptSocket: string | undefined) => {
    const members = io.sockets.adapter.rooms.get(room);
    if (!members) return null;
    if (exceptSocket === undefined || !members.has(exceptSocket)) return io.to(room);
    return members.size === 1 ? null : io.to(room).except(exceptSocket);
  };
  const activity = new SessionActivity((session) => {
    audienceOf(userRoom(session.userId), undefined)?.emit('session', { type: 'active', session });
  });
  return {
    messagesStored(session, messages, exceptSocket) {
      const room = sessionRoom(session.userId, session.id);
      for (const message of messages) {
        audienceOf(room, message.sender === 'user' ? exceptSocket : undefined)?.emit('message', message);
      }
      activity.messagesStored(session);
    },
    draftChanged: (draft) => drafts.changed(draft),
    draftEnded: (draft) => drafts.ended(draft),
    sessionChanged(type, session, exceptSocket) {
      audienceOf(userRoom(session.userId), exceptSocket)?.emit('session', { type, session });
      if (type !== 'deleted') {
        activity.sessionChanged(session);
        return;
      }
      activity.sessionDeleted(session.id);
      io.socketsLeave(sessionRoom(session.userId, session.id));
    },
    loginRevoked(loginId) {
      io.in(loginRoom(loginId)).disconnectSockets(true);
    },
    userDeleted(userId) {
      io.in(userRoom(userId)).disconnectSockets(true);
    },
  };
}
