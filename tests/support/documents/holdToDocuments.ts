import { takeViolations } from './violations';

/** Fails whatever test saw the server answer or send something that its documents don't say. */
function holdToDocuments(): void {
  const violations = [...new Set(takeViolations())];
  if (violations.length > 0) throw new Error(`Not as documented:\n${violations.join('\n')}`);
}

afterEach(holdToDocuments);
// What was seen before the first test and after the last one.
afterAll(holdToDocuments);
