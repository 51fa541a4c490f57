import { echo } from '../../src/responders/echo';
import type { Responder } from '../../src/responders/responder';
import { builtPage } from '../support/serverBuild';
import { startTestServer, type TestServer } from '../support/testServer';

/** A test server that serves the chat page. Without a responder it echoes. */
export function startPageServer(
  corsOrigins: string[] = [],
  responder: Responder = echo,
): Promise<TestServer> {
  const parts = { pageDirectory: builtPage(), responder };
  return startTestServer({ config: { webClient: true, corsOrigins }, parts });
}
