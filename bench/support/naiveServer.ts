/** A chat server as one writes it by hand in an afternoon: Socket.IO and SQLite, one commit for each message and its echo. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { announce } from './announce';
import { type PlainMessage, PlainStore } from './plainStore';

const store = new PlainStore('naive.db');
const listener = createServer();
const io = new Server(listener);
io.on('connection', (socket) => {
  socket.on('message', (message: Partial<PlainMessage>) => {
    try {
      const [, echo] = store.storeExchange(message);
      socket.emit('message', echo);
    } catch (error) {
      socket.emit('error', {
        message: error instanceof TypeError ? error.message : 'The message was not stored',
      });
    }
  });
});
listener.listen(0, '127.0.0.1', () => announce(listener));
