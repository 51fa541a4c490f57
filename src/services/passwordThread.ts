/** Runs in threads of its own: a password hash takes a good part of a second, in which the event loop would stand still. */
import { parentPort } from 'node:worker_threads';
import { compareSync, hashSync } from 'bcryptjs';

export type PasswordTask = { digest: string; rounds: number } | { digest: string; hash: string };

parentPort?.on('message', (task: PasswordTask) => {
  const result = 'hash' in task ? compareSync(task.digest, task.hash) : hashSync(task.digest, task.rounds);
  parentPort?.postMessage(result);
});
