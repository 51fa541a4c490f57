import { accountContract } from './accountContract';
import { accountLifeContract } from './accountLifeContract';
import { branchContract } from './branchContract';
import { clockContract } from './clockContract';
import { draftContract } from './draftContract';
import { duplicateContract } from './duplicateContract';
import { exchangeContract } from './exchangeContract';
import { externalContract } from './externalContract';
import { isolationContract } from './isolationContract';
import { lifecycleContract } from './lifecycleContract';
import { loginContract } from './loginContract';
import { onStoredContract } from './onStoredContract';
import { orderContract } from './orderContract';
import { readMessagesContract } from './readMessagesContract';
import { replyContract } from './replyContract';
import { sessionContract } from './sessionContract';
import { sessionListContract } from './sessionListContract';
import { sessionStateContract } from './sessionStateContract';
import { sharedDatabaseContract } from './sharedDatabaseContract';
import type { NewDatabase } from './storeFixture';
import { usageContract } from './usageContract';

/** What every store promises. Each topic gets a database of its own. */
export function storeContract(newDatabase: NewDatabase): void {
  describe('accounts', () => accountContract(newDatabase()));
  describe('account life', () => accountLifeContract(newDatabase()));
  describe('logins', () => loginContract(newDatabase()));
  describe('users and tokens of another backend', () => externalContract(newDatabase()));
  describe('sessions', () => sessionContract(newDatabase()));
  describe('list of sessions', () => sessionListContract(newDatabase()));
  describe('state of sessions', () => sessionStateContract(newDatabase()));
  describe('guarantee 8: another user', () => isolationContract(newDatabase()));
  describe('exchanges', () => exchangeContract(newDatabase()));
  describe('repeated messages', () => duplicateContract(newDatabase()));
  describe('order', () => orderContract(newDatabase()));
  describe('a clock that jumps', () => clockContract(newDatabase()));
  describe('onStored', () => onStoredContract(newDatabase()));
  describe('reading messages', () => readMessagesContract(newDatabase()));
  describe('replies', () => replyContract(newDatabase));
  describe('branches', () => branchContract(newDatabase()));
  describe('drafts', () => draftContract(newDatabase()));
  describe('usage and titles', () => usageContract(newDatabase()));
  describe('two stores on one database', () => sharedDatabaseContract(newDatabase()));
  describe('opening and closing', () => lifecycleContract(newDatabase()));
}
