/** A server with a slow responder, so that a crash leaves stored messages without a reply. */
import { createApplication } from '../../src/application';
import { loadEnvironment, readConfig } from '../../src/config/readConfig';
import { createLogger } from '../../src/utils/logger';

const THINKING_MS = 150;

async function main(): Promise<void> {
  const { config } = readConfig(loadEnvironment());
  const application = await createApplication(
    { ...config, webClient: false },
    {
      logger: createLogger('warn'),
      responder: {
        kind: 'deferred',
        respond: ({ content }) => new Promise((resolve) => setTimeout(resolve, THINKING_MS, content)),
      },
    },
  );
  const { port } = await application.start();
  process.on('SIGTERM', () => application.close().then(() => process.exit(0)));
  process.stdout.write(`listens on http://127.0.0.1:${port}\n`);
}

void main();
