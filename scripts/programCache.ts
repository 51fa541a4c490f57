import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

const [BEFORE, AFTER] = [
  '(function (exports, require, module, __filename, __dirname, importModule) { ',
  '\n})',
];

/** Turns the code of a CommonJS module into a program that `loadProgram` can run. A script itself can't import modules later. */
export function asProgram(code: string): string {
  return BEFORE + code.replaceAll('await import(', 'await importModule(') + AFTER;
}

export interface Program {
  /** Runs it, once. */
  run(): void;
  /** False if it had to be compiled: nothing was kept, or it is of another text, another version of Node.js or other V8 options. */
  isKept: boolean;
  /** Keeps what was compiled so far for later starts. */
  keep(): void;
}

/** Loads a program, which has ASCII only. Throws the system's error if it can't be read. */
export function loadProgram(path: string): Program {
  const text = readFileSync(path, 'latin1');
  const kept = readKept(path, text);
  const script = new Script(text, {
    filename: path,
    ...(kept && { cachedData: kept }),
  });
  return {
    run() {
      const module = { exports: {} };
      const importModule = (specifier: string) => import(specifier);
      const require = createRequire(path);
      script.runInThisContext()(module.exports, require, module, path, dirname(path), importModule);
    },
    isKept: kept !== null && script.cachedDataRejected === false,
    keep() {
      writeFileSync(`${keptPath(path)}.new`, Buffer.concat([keyOf(text), script.createCachedData()]));
      renameSync(`${keptPath(path)}.new`, keptPath(path));
    },
  };
}

/** Null if there is none that can be used. */
function readKept(path: string, text: string): Buffer | null {
  try {
    const file = readFileSync(keptPath(path));
    const key = keyOf(text);
    return file.subarray(0, key.length).equals(key) ? file.subarray(key.length) : null;
  } catch {
    return null;
  }
}

function keptPath(path: string): string {
  return path.replace(/\.js$/, '.cache');
}

/** V8 compares its version and options, but no more than the length of the text. */
function keyOf(text: string): Buffer {
  return createHash('sha1').update(text, 'latin1').digest();
}
