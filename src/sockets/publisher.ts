import type { Publisher } from '../services/publisher';
import type { ChatServer } from './chatServer';
import { loginRoom, sessionRoom, userRoom } from './rooms';

/** Tells devices over Socket.IO. */
export function createSocketPublisher(io: ChatServer): Publisher {
  return {
    messageStored(userId, message, { socketId }) {
      const room = io.to(sessionRoom(userId, message.sessionId));
      const skipsOrigin = message.sender === 'user' && socketId !== undefined;
      (skipsOrigin ? room.except(socketId) : room).emit('message', message);
    },
    sessionChanged(type, session, { socketId }) {
      const room = io.to(userRoom(session.userId));
      (socketId === undefined ? room : room.except(socketId)).emit('session', { type, session });
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
