import type { Publisher } from '../services/publisher';
import type { ChatServer } from './chatServer';
import { RecoverableRooms } from './recoverableRooms';
import { loginRoom, sessionRoom, userRoom } from './rooms';

/** Tells devices over Socket.IO. */
export function createSocketPublisher(io: ChatServer): Publisher {
  const recoverable = new RecoverableRooms(io);
  /** Most users have one device in a session: nothing has to be written for the others when there are none. */
  const isHeard = (room: string, except: string | undefined): boolean => {
    const members = io.sockets.adapter.rooms.get(room);
    const others = except !== undefined && members?.has(except) ? members.size - 1 : (members?.size ?? 0);
    return others > 0 || recoverable.has(room);
  };
  return {
    messageStored(userId, message, { socketId }) {
      const room = sessionRoom(userId, message.sessionId);
      const except = message.sender === 'user' ? socketId : undefined;
      if (!isHeard(room, except)) return;
      const members = io.to(room);
      (except === undefined ? members : members.except(except)).emit('message', message);
    },
    sessionChanged(type, session, { socketId }) {
      const room = userRoom(session.userId);
      if (isHeard(room, socketId)) {
        const devices = io.to(room);
        (socketId === undefined ? devices : devices.except(socketId)).emit('session', { type, session });
      }
      if (type === 'deleted') io.socketsLeave(sessionRoom(session.userId, session.id));
    },
    loginEnded(loginId) {
      io.in(loginRoom(loginId)).disconnectSockets(true);
    },
    userDeleted(userId) {
      io.in(userRoom(userId)).disconnectSockets(true);
    },
  };
}
