import type { ChatRecords, Counts, Kind } from './records';

/** Why records can't be moved, as a sentence for the person who runs the command. Contains no password. */
export class TransferError extends Error {}

/** Gives every record of a kind once, in batches of bounded size. */
export type Readers = { readonly [K in Kind]: () => AsyncIterable<ChatRecords[K][]> };

/** Stores records that are not there yet, with those they belong to. */
export type Writers = { readonly [K in Kind]: (records: readonly ChatRecords[K][]) => Promise<void> };

/** A store that is read past its users: everyone's records, the same for as long as it is open if `isSnapshot`. */
export interface TransferSource {
  readonly isSnapshot: boolean;
  readonly read: Readers;
  /** How many there are, for the progress: about as many as will be read. */
  count(): Promise<Counts>;
  /** Whether others have written since it was opened. Only a snapshot is asked. */
  hasChanged(): boolean;
  close(): Promise<void>;
}

/** An empty store that is filled past its users. Until `complete` no server can take it for a whole one. */
export interface TransferTarget {
  readonly write: Writers;
  /** What is there now, read from the database. */
  readonly written: Pick<TransferSource, 'read' | 'count'>;
  /** How many messages the store itself would find unanswered. */
  countUnanswered(): Promise<number>;
  /** Puts everything on the disk and makes it a store that servers can use. */
  complete(): Promise<void>;
  /** Lets go of what is not complete. At once, as it may be all that happens before the process ends. */
  abandon(): void;
  close(): Promise<void>;
}
