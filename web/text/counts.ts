/** How many messages a session has: as `seq` has no gaps, its last one is their number. */
export function messageCount(lastSeq: number): string {
  if (lastSeq === 0) return 'No messages yet';
  return lastSeq === 1 ? '1 message' : `${lastSeq.toLocaleString('en')} messages`;
}

/** How many messages wait, with the verb that fits. */
export function waitingCount(count: number): string {
  return count === 1 ? '1 message waits' : `${count} messages wait`;
}
