/** Runs in threads of its own: a password hash takes a good part of a second, in which the event loop would stand still. */
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { compareSync, hashSync } from 'bcryptjs';

export type PasswordTask = { digest: string; rounds: number } | { digest: string; hash: string };

// Those who chat come before those who log in. On Linux, and only there, a priority is one thread's and not the process's.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);

parentPort?.on('message', (task: PasswordTask) => {
  const result = 'hash' in task ? compareSync(task.digest, task.hash) : hashSync(task.digest, task.rounds);
  parentPort?.postMessage(result);
});
