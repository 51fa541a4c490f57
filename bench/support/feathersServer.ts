/**
 * A chat server on Feathers, installed in the folder of the first argument. Its service stores each message and its echo with one
 * commit, through the same driver as ours, and only the echo is published, to the connections that have sent to its session. All of
 * this is cheaper than the usual adapters.
 */
import type { Server } from 'node:http';
import { join } from 'node:path';
import { announce } from './announce';
import { type PlainMessage, PlainStore } from './plainStore';

/** The part of Feathers that is used here. */
interface Feathers {
  configure(plugin: unknown): void;
  use(path: string, service: object): void;
  service(path: string): { publish(publisher: (message: PlainMessage) => Channel | null): void };
  channel(name: string): Channel;
  listen(port: number, host: string): Promise<Server>;
}

interface Channel {
  join(connection: object): Channel;
}

const installed = join(process.argv[2] ?? '', 'node_modules/@feathersjs');
const { feathers }: { feathers(): Feathers } = require(join(installed, 'feathers'));
const socketio: () => unknown = require(join(installed, 'socketio'));

const store = new PlainStore('feathers.db');
const app = feathers();
app.configure(socketio());
app.use('messages', {
  async create(message: Partial<PlainMessage>, { connection }: { connection: object }) {
    const stored = store.storeExchange(message);
    app.channel(stored[0].sessionId).join(connection);
    return stored;
  },
});
app
  .service('messages')
  .publish(({ sender, sessionId }) => (sender === 'server' ? app.channel(sessionId) : null));
void app.listen(0, '127.0.0.1').then((listener) => listener.once('listening', () => announce(listener)));
