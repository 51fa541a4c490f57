/**
 * A node for tests that kill or freeze one. Its deferred responder never answers the text "stuck on NODE_ID" of this very node. The
 * first argument is the time between beats in milliseconds. The second one may be `streaming`: the responder streams, and pauses in
 * mid-text for such a text; or `again`: it answers such a text, too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication } from '../../src/application';
import { loadEnvironment, readConfig } from '../../src/config/readConfig';
import type { Responder } from '../../src/responders/responder';
import { createLogger } from '../../src/utils/logger';

const PAUSE_MS = 1_500;

function responderOf(nodeId: string | null, option: string | undefined): Responder {
  const isStuck = (content: string) => content === `stuck on ${nodeId}` && option !== 'again';
  if (option === 'streaming') {
    return {
      kind: 'streaming',
      async *respond({ content, attempt }) {
        yield { text: `${nodeId}, attempt ${attempt}: ` };
        // It ignores the signal, as a module may.
        if (isStuck(content)) await sleep(PAUSE_MS);
        yield { text: content };
        yield { finish: 'stop' };
      },
    };
  }
  return {
    kind: 'deferred',
    respond: ({ content }) => (isStuck(content) ? new Promise(() => {}) : Promise.resolve(`Re: ${content}`)),
  };
}

async function main(): Promise<void> {
  const { config } = readConfig(loadEnvironment());
  const application = await createApplication(
    { ...config, webClient: false },
    {
      logger: createLogger('warn'),
      waits: { beatMs: Number(process.argv[2]) },
      responder: responderOf(config.nodeId, process.argv[3]),
    },
  );
  const { port } = await application.start();
  process.on('SIGTERM', () => application.close().then(() => process.exit(0)));
  process.stdout.write(`listens on http://127.0.0.1:${port}\n`);
}

void main();
