/** Runs the server with a scripted responder, so that streaming can be tried without a model. Its data is deleted at the end. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { startServer } from '../../testkit/server';
import { createTemporaryFolder } from '../../testkit/serverProcess';
import { buildWeb } from '../webBuild';
import { createDemoResponder } from './responder';

async function main(): Promise<void> {
  const pageDirectory = createTemporaryFolder();
  await buildWeb(pageDirectory);
  const server = await startServer({
    config: {
      port: Number(process.env.PORT ?? 3001),
      jwtSecrets: [randomBytes(48).toString('base64url')],
      loopbackOrigins: true,
      webClient: true,
    },
    parts: { responder: createDemoResponder(), pageDirectory },
  });
  process.stdout.write(
    `The demo listens on ${server.url}\nOpen it in your browser, sign up with any name, and start a chat. Press Ctrl+C to stop it.\n`,
  );
  const stop = async () => {
    await server.close();
    rmSync(pageDirectory, { recursive: true, force: true });
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: Error) => {
  process.stderr.write(`The demo can't start: ${error.message}. PORT chooses another port.\n`);
  process.exit(1);
});
