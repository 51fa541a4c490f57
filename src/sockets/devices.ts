import type { Devices } from '../fleet/devices';
import type { ChatServer } from './chatServer';
import { loginRoom, sessionInRoom, sessionRoom, userRoom } from './rooms';
import { SessionActivity } from './sessionActivity';

/** The connected devices of this process, over Socket.IO. */
export function createDevices(io: ChatServer): Devices {
  const { adapter } = io.sockets;
  /** Returns null if the room has no other member: most users have one device, and an emit to nobody costs as much as a real one. */
  const audienceOf = (room: string, exceptSocket: string | undefined) => {
    const members = adapter.rooms.get(room);
    if (!members) return null;
    if (exceptSocket === undefined || !members.has(exceptSocket)) return io.to(room);
    return members.size === 1 ? null : io.to(room).except(exceptSocket);
  };
  const activity = new SessionActivity((session) => {
    audienceOf(userRoom(session.userId), undefined)?.emit('session', { type: 'active', session });
  });
  return {
    deliver({ userId, sessionId }, message, exceptSocket) {
      audienceOf(sessionRoom(userId, sessionId), exceptSocket)?.emit('message', message);
    },
    sessionActive: (session) => activity.messagesStored(session),
    sessionChanged(type, session, exceptSocket) {
      audienceOf(userRoom(session.userId), exceptSocket)?.emit('session', { type, session });
      if (type !== 'deleted') {
        activity.sessionChanged(session);
        return;
      }
      activity.sessionDeleted(session.id);
      io.socketsLeave(sessionRoom(session.userId, session.id));
    },
    sessionGone(session) {
      activity.sessionDeleted(session.id);
      const room = sessionRoom(session.userId, session.id);
      audienceOf(room, undefined)?.emit('session', { type: 'deleted', session });
      io.socketsLeave(room);
    },
    disconnectLogin(loginId) {
      if (adapter.rooms.has(loginRoom(loginId))) io.in(loginRoom(loginId)).disconnectSockets(true);
    },
    disconnectUser(userId) {
      io.in(userRoom(userId)).disconnectSockets(true);
    },
    joinedSessions() {
      return [...adapter.rooms.keys()].flatMap((room) => sessionInRoom(room) ?? []);
    },
    watchSessions({ opened, closed }) {
      adapter.on('create-room', (room: string) => {
        const session = sessionInRoom(room);
        if (session) opened(session);
      });
      adapter.on('delete-room', (room: string) => {
        const session = sessionInRoom(room);
        if (session) closed(session);
      });
    },
  };
}
