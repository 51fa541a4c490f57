import { AdminError } from '../../src/admin/command';
import { openMongoTarget } from '../../src/admin/mongoTransfer';
import type { ChatStore } from '../../src/stores/chatStore';
import { openMongoStore } from '../../src/stores/mongo/store';
import { newUser } from '../../testkit/builders';
import { describeWithMongo } from '../support/describeWithMongo';
import { mongoUrlForTest } from '../support/testMongo';
import { addUser, present } from './storeFixture';

describeWithMongo('MongoDB as the target of a copy', () => {
  test('a copy does not complete a target that another copy has started to fill since', async () => {
    const url = present(mongoUrlForTest());
    const first = await openMongoTarget(url);
    await first.write({ kind: 'users', records: [newUser()] });
    const second = await openMongoTarget(url);
    await expect(first.complete()).rejects.toBeInstanceOf(AdminError);
    await first.close();
    await second.close();
    await expect(openMongoStore(url)).rejects.toMatchObject({
      advice: expect.stringContaining('holds a copy that is not complete'),
    });
  });

  describe('in use by a server', () => {
    let url: string;
    let server: ChatStore;
    beforeEach(async () => {
      url = present(mongoUrlForTest());
      server = await openMongoStore(url);
    });
    afterEach(() => server.close());

    test('the next copy does not delete a user who has signed up since', async () => {
      const target = await openMongoTarget(url);
      const { id } = await addUser(server, { createdAt: new Date().toISOString() });
      await target.close();
      await expect(openMongoTarget(url).then((opened) => opened.close())).rejects.toBeInstanceOf(AdminError);
      expect(await server.findUser(id)).toMatchObject({ id });
    });
  });
});
