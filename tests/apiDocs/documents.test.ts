import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { schemasWithoutId } from '@asyncapi/specs';
import Ajv from 'ajv';
import { ERROR_CATALOGUE } from '../../src/domain/errors';
import { asyncApi, mistakeIn, openApi } from '../support/documents/validation';

const MODULES = resolve(__dirname, '../../node_modules');

describe('the OpenAPI document', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'openapi-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** The result of the validator with the official schemas. It is an ES module, so it runs as a program. */
  function verdictOn(document: object): string {
    const file = join(directory, 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    const program = join(MODULES, '@seriousme/openapi-schema-validator/bin/validate-api-cli.js');
    return execFileSync(process.execPath, [program, file], { encoding: 'utf8' }).replaceAll(/\s/g, '');
  }

  test('is valid OpenAPI 3.1', () => {
    expect(verdictOn(openApi)).toBe('{"valid":true}');
  });

  test('is invalid with a member that OpenAPI does not define', () => {
    expect(() => expect(verdictOn({ ...openApi, routes: {} })).toBe('{"valid":true}')).toThrow();
  });
});

describe('the AsyncAPI document', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
  const official: object = schemasWithoutId['3.0.0'];
  const validate = ajv.compile({ ...official });

  test('is valid AsyncAPI 3.0', () => {
    validate(asyncApi);
    expect(validate.errors).toBeNull();
  });

  test('is invalid with a member that AsyncAPI does not define', () => {
    expect(validate({ ...asyncApi, events: {} })).toBe(false);
  });

  test.each(Object.entries(asyncApi.components.messages))(
    'the examples of %s are valid',
    (key, { examples }) => {
      expect(examples.length).toBeGreaterThan(0);
      const mistakes = examples.map(({ payload }) =>
        mistakeIn(payload, 'asyncApi', 'components', 'messages', key, 'payload'),
      );
      expect(mistakes.filter(Boolean)).toEqual([]);
    },
  );
});

const operations = Object.entries(openApi.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
);

describe.each(operations)('$method $path', ({ method, path, operation }) => {
  test('the example of its body is valid', () => {
    const media = operation.requestBody?.content['application/json'];
    if (!media) return expect(['get', 'post', 'delete']).toContain(method);
    const place = ['paths', path, method, 'requestBody', 'content', 'application/json', 'schema'];
    expect(mistakeIn(media.example, 'openApi', ...place)).toBeNull();
  });

  test('the examples of its parameters are valid, and all path parameters are documented', () => {
    const parameters = operation.parameters ?? [];
    const mistakes = parameters.map(({ example }, index) =>
      mistakeIn(example, 'openApi', 'paths', path, method, 'parameters', String(index), 'schema'),
    );
    expect(mistakes.filter(Boolean)).toEqual([]);
    const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
    expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(inPath);
  });

  test('the examples of its responses are valid', () => {
    const mistakes = Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
      Object.entries(content).flatMap(([mediaType, { example, examples }]) => {
        const values = examples ? Object.values(examples).map(({ value }) => value) : [example];
        const place = ['paths', path, method, 'responses', status, 'content', mediaType, 'schema'];
        return values.map((value) => mistakeIn(value, 'openApi', ...place));
      }),
    );
    expect(mistakes.filter(Boolean)).toEqual([]);
  });

  test('each code is documented under its status', () => {
    for (const [status, { content = {} }] of Object.entries(operation.responses)) {
      const codes = Object.keys(content['application/problem+json']?.examples ?? {});
      for (const code of codes) expect(ERROR_CATALOGUE).toHaveProperty([code, 'status'], Number(status));
    }
  });
});

test('every operation has a unique name, a summary and a description', () => {
  const names = operations.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { operation } of operations) {
    expect(operation.summary).toMatch(/^[A-Z].+[^.]$/);
    expect(operation.description).toMatch(/^[A-Z].+\.$/s);
  }
});

test('every code of the catalogue is in one of the documents', () => {
  const inDocuments = JSON.stringify([openApi.paths, asyncApi.components.messages]);
  const missing = Object.keys(ERROR_CATALOGUE).filter((code) => !inDocuments.includes(`"${code}"`));
  expect(missing).toEqual([]);
});

test('the examples of headers are valid', () => {
  for (const [name, { example }] of Object.entries(openApi.components.headers)) {
    expect(mistakeIn(example, 'openApi', 'components', 'headers', name, 'schema')).toBeNull();
  }
});

test('every reference in both documents resolves', () => {
  for (const document of [openApi, asyncApi]) {
    const references = Array.from(
      JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g),
      ([, place]) => place,
    );
    expect(references.length).toBeGreaterThan(10);
    for (const place of references) expect(document).toHaveProperty(String(place).split('/'));
  }
});
