import { randomUUID } from 'node:crypto';
import { present } from '../contract/storeFixture';
import { scriptedResponder } from '../responders/scriptedResponder';
import { connect, record, signUp } from '../support/client';
import { describeWithMongo } from '../support/describeWithMongo';
import { startFleet, untilBeats } from '../support/fleet';
import { join, send } from '../support/socketCalls';
import { mongoUrlForTest } from '../support/testMongo';

/** Enough for several sweeps of each node. */
const BEATS = 8;

describeWithMongo('guarantee 14: a streamed reply of several nodes', () => {
  test('costs one request, however long it takes, and reaches the devices of all nodes', async () => {
    const url = present(mongoUrlForTest());
    const scripts = [scriptedResponder(), scriptedResponder()];
    const [first, second] = await startFleet({
      database: { kind: 'mongodb', url },
      parts: (node) => ({ responder: present(scripts[node]).responder }),
    });
    const { token } = await signUp(present(first));
    const phone = await connect(present(first), token);
    const laptop = await connect(present(second), token);
    const sessionId = randomUUID();
    await join(laptop, sessionId);
    const heard = record(laptop, 'message');
    await send(phone, sessionId, 'Why?');
    const request = await present(scripts[0]).request(0);
    request.send('Because');
    await untilBeats(url, BEATS);
    request.finish();
    const seen = await heard.until((all) => all.length === 2);
    expect(seen.map(({ content }) => content)).toEqual(['Why?', 'Because']);
    expect(scripts.map(({ requests }) => requests.length)).toEqual([1, 0]);
  });
});
