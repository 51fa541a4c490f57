import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import * as client from '../../client/src';
import * as testing from '../../testkit/testing';
import { DOCUMENT, documentedProgram } from './documentation';

/** The functions of Vitest that the program imports are those of Jest. */
const packages: Record<string, unknown> = {
  'smart-chat-client': client,
  'smart-chat-server/testing': testing,
  vitest: { test, beforeAll, afterAll },
};

describe('the first program of docs/testing.md', () => {
  const printed: string[] = [];
  beforeAll(() => {
    jest.spyOn(global.console, 'log').mockImplementation((text) => void printed.push(text));
  });
  afterAll(() => {
    jest.restoreAllMocks();
    expect(printed).toEqual(['Hello', 'Hello', 'Are you there?', 'Are you there?']);
  });

  const { code } = transformSync(documentedProgram('chat.test.mjs'), { format: 'cjs' });
  new Function('require', 'module', code)((name: string) => packages[name], {});
});

test('docs/testing.md names every fault', async () => {
  await using server = await testing.startTestServer();
  const document = readFileSync(DOCUMENT, 'utf8');
  const missing = Object.keys(server.faults).filter(
    (name) => !document.includes(`\`${name}(`) && name !== 'heal',
  );
  expect(missing).toEqual([]);
});
