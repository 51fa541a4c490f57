import { mongoHosts } from '../../config/database';
import { UnusableDatabase } from '../../stores/errors';
import { isRefusal, toStoreError } from '../../stores/mongo/errors';
import { TransferError } from '../transfer/transfer';

const DUPLICATE_KEY = 11000;

/** Says what an error of the driver means for the server that the URL names; leaves other errors as they are. */
export function toTransferError(error: unknown, url: string): unknown {
  if (error instanceof TransferError) return error;
  if (error instanceof UnusableDatabase) return new TransferError(error.advice);
  const server = `MongoDB at ${mongoHosts(url)}`;
  if (toStoreError(error).code === 'UNAVAILABLE') {
    return new TransferError(`${server} does not answer: start it, or correct its URL, and copy again.`);
  }
  if (!isRefusal(error)) return error;
  if ('code' in error && error.code === DUPLICATE_KEY) {
    return new TransferError(
      `Something else writes to ${server} while it is filled (${error.message}): stop that, and copy again.`,
    );
  }
  return new TransferError(`${server} refuses: ${error.message}`);
}
