/**
 * A node for tests that kill or freeze one. Its deferred responder never answers the text "stuck on NODE_ID" of this very node,
 * unless the second argument is "again". The first one is the time between beats in milliseconds.
 */
import { createApplication } from '../../src/application';
import { loadEnvironment, readConfig } from '../../src/config/readConfig';
import { createLogger } from '../../src/utils/logger';

async function main(): Promise<void> {
  const { config } = readConfig(loadEnvironment());
  const application = await createApplication(
    { ...config, webClient: false },
    {
      logger: createLogger('warn'),
      waits: { beatMs: Number(process.argv[2]) },
      responder: {
        kind: 'deferred',
        respond: ({ content }) =>
          content === `stuck on ${config.nodeId}` && process.argv[3] !== 'again'
            ? new Promise(() => {})
            : Promise.resolve(`Re: ${content}`),
      },
    },
  );
  const { port } = await application.start();
  process.on('SIGTERM', () => application.close().then(() => process.exit(0)));
  process.stdout.write(`listens on http://127.0.0.1:${port}\n`);
}

void main();
