import { openMongoStore } from '../../src/stores/mongo/store';
import { describeWithMongo } from '../support/describeWithMongo';
import { mongoUrlForTest } from '../support/testMongo';
import { NODES } from '../support/testServer';
import { storeContract } from './storeContract';
import { openSpread, present } from './storeFixture';

// If there is none, the global set-up has printed the reason.
describeWithMongo('MongoDB store', () => {
  storeContract(() => {
    const url = mongoUrlForTest();
    return () => openSpread(NODES, () => openMongoStore(present(url)));
  });
});
