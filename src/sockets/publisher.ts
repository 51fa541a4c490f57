import type { Publisher } from '../services/publisher';
import type { ChatServer } from './chatServer';
import { RecoverableRooms } from './recoverableRooms';
import { loginRoom, sessionRoom, userRoom } from './rooms';

/** Tells devices over Socket.IO. */
export function createSocketPublisher(io: ChatServer): Publisher {
  const recoverable = new RecoverableRooms(io);
  /** Null where nobody is: most users have one device in a session, and nothing has to be made for the others. */
  const audienceOf = (room: string, except: string | undefined) => {
    const members = io.sockets.adapter.rooms.get(room);
    const others = except !== undefined && members?.has(except) ? members.size - 1 : (members?.size ?? 0);
    if (others === 0 && !recoverable.has(room)) return null;
    return except === undefined ? io.to(room) : io.to(room).except(except);
  };
  return {
    messagesStored(userId, sessionId, messages, { socketId }) {
      const room = sessionRoom(userId, sessionId);
      for (const message of messages) {
        audienceOf(room, message.sender === 'user' ? socketId : undefined)?.emit('message', message);
      }
    },
    sessionChanged(type, session, { socketId }) {
      audienceOf(userRoom(session.userId), socketId)?.emit('session', { type, session });
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
