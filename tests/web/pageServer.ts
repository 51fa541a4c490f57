import { builtPage } from '../support/serverBuild';
import { startTestServer, type TestServer } from '../support/testServer';

/** A test server that serves the chat page. */
export function startPageServer(corsOrigins: string[] = []): Promise<TestServer> {
  return startTestServer({ config: { webClient: true, corsOrigins }, parts: { pageDirectory: builtPage() } });
}
