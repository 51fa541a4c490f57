/**
 * A model service with the API of OpenAI, which answers a message that is a number with so many tokens: the first one at once, the
 * others at the rate per second of its first argument. Each token is the time at which it is sent, in milliseconds of `Date.now()`
 * with two decimals, and a space.
 */
import { createServer, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { announce } from './announce';

const INTERVAL_MS = 1_000 / Number(process.argv[2]);

function sendTokens(response: ServerResponse, count: number): void {
  let remaining = count;
  const sendNext = () => {
    remaining -= 1;
    const content = `${(performance.timeOrigin + performance.now()).toFixed(2)} `;
    const choice = { index: 0, delta: { content }, finish_reason: remaining > 0 ? null : 'stop' };
    response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [choice] })}\n\n`);
    if (remaining > 0) return;
    clearInterval(timer);
    response.end('data: [DONE]\n\n');
  };
  const timer = setInterval(sendNext, INTERVAL_MS);
  response.once('close', () => clearInterval(timer));
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  sendNext();
}

/** The last message of a request. */
function questionOf(body: unknown): string {
  return /"content":"(\d+)"\}\]/.exec(JSON.stringify(body))?.[1] ?? '1';
}

const service = createServer(async (request, response) => {
  response.socket?.setNoDelay();
  sendTokens(response, Number(questionOf(await json(request))));
});
service.listen(0, '127.0.0.1', () => announce(service));
