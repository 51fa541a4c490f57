/** The baseline of the comparisons: a Socket.IO server that echoes, without login or storage. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { announce } from './announce';

const listener = createServer();
const io = new Server(listener);
io.on('connection', (socket) => {
  socket.on('message', (message: unknown) => socket.emit('message', message));
});
listener.listen(0, '127.0.0.1', () => announce(listener));
