import { TcpProxy } from '../../testkit/tcpProxy';
import { startTestServer, type TestServer } from '../support/testServer';

/** A server behind a proxy that tests can cut. */
export interface ProxiedServer {
  readonly server: TestServer;
  readonly proxy: TcpProxy;
  /** The server's address through the proxy. */
  readonly url: string;
}

/** One server for all tests of the surrounding `describe`, with a new proxy for each test. */
export function useProxiedServer(): ProxiedServer {
  let server: TestServer;
  let proxy: TcpProxy;
  beforeAll(async () => {
    server = await startTestServer();
  });
  beforeEach(async () => {
    proxy = await TcpProxy.to(server.url);
  });
  afterEach(() => proxy.refuse());
  return {
    get server() {
      return server;
    },
    get proxy() {
      return proxy;
    },
    get url() {
      return `http://${proxy.host}`;
    },
  };
}
