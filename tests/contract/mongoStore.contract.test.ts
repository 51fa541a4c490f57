import { openMongoStore } from '../../src/stores/mongo/store';
import { mongoUrlForTest } from '../support/testMongo';
import { storeContract } from './storeContract';
import { present } from './storeFixture';

// If there is none, the global set-up has printed the reason.
const describeWithMongo = mongoUrlForTest() === null ? describe.skip : describe;

describeWithMongo('MongoDB store', () => {
  storeContract(() => {
    const url = mongoUrlForTest();
    return () => openMongoStore(present(url));
  });
});
