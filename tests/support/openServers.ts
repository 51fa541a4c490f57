interface Closable {
  close(): Promise<void>;
}

let isInTest = false;
const ofTest = new Set<Closable>();
const ofFile = new Set<Closable>();
const closing: Promise<void>[] = [];

beforeEach(() => {
  isInTest = true;
});

// The next test doesn't wait: a server that makes a reply takes seconds to stop. Open ones would go on sweeping and beating.
afterEach(() => {
  isInTest = false;
  closing.push(...[...ofTest].map((server) => server.close()));
  ofTest.clear();
});

afterAll(async () => {
  await Promise.all([...closing, ...[...ofFile].map((server) => server.close())]);
});

/** Closes the server after the test that has started it, or, if none has, at the end of the file. */
export function closeAfterwards(server: Closable): void {
  (isInTest ? ofTest : ofFile).add(server);
}

/** The test closes the server by itself. */
export function closedByTest(server: Closable): void {
  ofTest.delete(server);
  ofFile.delete(server);
}
