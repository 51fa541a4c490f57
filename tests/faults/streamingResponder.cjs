/** A streaming responder for `RESPONDER`, fast enough for load. It appends each request to `requests.log` before it answers. */
const { appendFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');

const PIECE_MS = 2;

module.exports = {
  kind: 'streaming',
  async *respond({ content, replyTo, attempt }, signal) {
    appendFileSync('requests.log', `${replyTo} ${attempt}\n`);
    for (const text of ['Echo', ': ', content]) {
      yield { text };
      await sleep(PIECE_MS, undefined, { signal });
    }
    yield { finish: 'stop' };
  },
};
