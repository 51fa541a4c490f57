import { rmSync } from 'node:fs';
import { createTemporaryFolder, endProcesses } from '../../testkit/serverProcess';

/** A folder in which the tests of this `describe` or file run processes. Afterwards all processes are killed and it is removed. */
export function useProcessFolder(): string {
  const directory = createTemporaryFolder();
  afterAll(() => {
    endProcesses();
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}
