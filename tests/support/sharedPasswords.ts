import { Passwords } from '../../src/services/passwords';

const shared = new Map<number, Passwords>();

afterAll(async () => {
  await Promise.all([...shared.values()].map((passwords) => passwords.close()));
});

/**
 * The password threads of all servers of the test file with this cost of a hash: to start some for each server takes as long as
 * everything else of it. They end with the file.
 */
export function sharedPasswords(rounds: number): Passwords {
  const passwords = shared.get(rounds) ?? new Passwords(rounds);
  shared.set(rounds, passwords);
  return passwords;
}
