import { openMongoStore } from '../../src/stores/mongo/store';
import { mongoUrlForTest } from '../support/testMongo';
import { storeContract } from './storeContract';
import { present } from './storeFixture';

// The set-up of the run has said aloud why there is none.
const describeWithMongo = mongoUrlForTest() === null ? describe.skip : describe;

describeWithMongo('MongoDB store', () => {
  storeContract(() => {
    const url = mongoUrlForTest();
    return () => openMongoStore(present(url));
  });
});
