/** Runs in the password threads: a hash takes a good part of a second, in which the event loop would stand still. */
import { constants, setPriority } from 'node:os';
import { compareSync, hashSync } from 'bcryptjs';

export type PasswordTask = { digest: string; rounds: number } | { digest: string; hash: string };

// Messages have priority over logins. Only Linux can lower the priority of a single thread; elsewhere this would lower the whole process.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);

/** Returns a new hash, or whether the digest matches the given one. */
export default function run(task: PasswordTask): string | boolean {
  return 'hash' in task ? compareSync(task.digest, task.hash) : hashSync(task.digest, task.rounds);
}
