import { openMongoStore } from '../../src/stores/mongo/store';
import { describeWithMongo } from '../support/describeWithMongo';
import { mongoUrlForTest } from '../support/testMongo';
import { storeContract } from './storeContract';
import { present } from './storeFixture';

// If there is none, the global set-up has printed the reason.
describeWithMongo('MongoDB store', () => {
  storeContract(() => {
    const url = mongoUrlForTest();
    return () => openMongoStore(present(url));
  });
});
