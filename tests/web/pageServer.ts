import type { ApplicationConfig } from '../../src/application';
import { echo, type Responder } from '../../src/responders/responder';
import { startTestServer, type TestServer } from '../support/testServer';

/** A test server that serves the chat page. Without a responder it echoes. */
export function startPageServer(
  corsOrigins: string[] = [],
  responder: Responder = echo,
  config: Partial<ApplicationConfig> = {},
): Promise<TestServer> {
  return startTestServer({ config: { webClient: true, corsOrigins, ...config }, parts: { responder } });
}

/** One that all tests of the surrounding `describe` share, once they run. */
export function usePageServer(): { readonly url: string } {
  let url = '';
  beforeAll(async () => {
    ({ url } = await startPageServer());
  });
  return {
    get url() {
      return url;
    },
  };
}
