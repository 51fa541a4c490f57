import { randomUUID } from 'node:crypto';
import { openStore } from '../../src/stores/open';
import { addUser } from '../contract/storeFixture';
import { createTestServices } from '../support/services';
import { newSqliteDatabase } from '../support/testServer';

test('without hooks, a message is passed to the store before the call returns', async () => {
  const store = await openStore(newSqliteDatabase());
  const user = await addUser(store);
  const passed: string[] = [];
  const services = createTestServices({
    ...store,
    appendExchange(exchange, onStored) {
      passed.push(exchange.message.content);
      return store.appendExchange(exchange, onStored);
    },
  });
  // Never settles: the publisher of these services acknowledges nothing.
  void services.messages.send({ userId: user.id, sessionId: randomUUID(), content: 'hello' });
  expect(passed).toEqual(['hello']);
  await store.close();
});
