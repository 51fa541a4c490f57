import request from './documents/request';
import { connectFrame } from './rawConnection';
import type { TestServer } from './testServer';

/** A Socket.IO connection over HTTP long-polling that stops polling after its login: it sends and answers pings, but reads nothing. */
export class DeafConnection {
  private constructor(
    private readonly url: string,
    private readonly path: string,
  ) {}

  static async open({ url }: Pick<TestServer, 'url'>, token: string): Promise<DeafConnection> {
    const path = '/socket.io/?EIO=4&transport=polling';
    const { text } = await request(url).get(path).expect(200);
    const { sid } = JSON.parse(text.slice(1));
    const connection = new DeafConnection(url, `${path}&sid=${sid}`);
    await connection.send(connectFrame({ token }));
    await request(url).get(connection.path).expect(200, /^40/);
    return connection;
  }

  /** False if the server has dropped the connection. */
  async send(frame: string): Promise<boolean> {
    const call = request(this.url).post(this.path).set('Content-Type', 'text/plain;charset=UTF-8');
    return (await call.send(frame)).status === 200;
  }

  /** Resolves when the server has dropped the connection, although it answers every ping. */
  async dropped(): Promise<void> {
    while (await this.send('3'));
  }
}
