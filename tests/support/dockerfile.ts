import { readFileSync } from 'node:fs';

/** A line of a Dockerfile, such as `COPY` with `package.json ./`. */
export interface Instruction {
  name: string;
  text: string;
}

export interface Stage {
  /** The name that other stages copy from it by; the last one of a file may have none. */
  name: string;
  image: string;
  instructions: Instruction[];
}

/** The stages of a Dockerfile, in their order. */
export function readDockerfile(path: string): Stage[] {
  const stages: Stage[] = [];
  for (const line of instructionLines(readFileSync(path, 'utf8'))) {
    const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') stages.push(stageOf(text));
    else stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
}

/** Says which of these names at the top of a folder a `.dockerignore` lets into the image: it names those alone, as `!NAME`. */
export function letIn(path: string, names: readonly string[]): string[] {
  const [everything, ...exceptions] = instructionLines(readFileSync(path, 'utf8'));
  if (everything !== '*') throw new Error('the .dockerignore does not begin with "*"');
  const patterns = exceptions.map((line) =>
    RegExp(`^${line.slice(1).replaceAll('.', '\\.').replace('*', '.*')}$`),
  );
  return names.filter((name) => patterns.some((pattern) => pattern.test(name)));
}

/** The arguments of a `CMD` or `HEALTHCHECK … CMD` in its form as a list. */
export function commandOf({ instructions }: Stage, name: 'CMD' | 'HEALTHCHECK'): string[] {
  const text = instructions.find((instruction) => instruction.name === name)?.text ?? '';
  return JSON.parse(text.slice(text.indexOf('[')));
}

function stageOf(text: string): Stage {
  const [image = '', name = ''] = text.split(/ as /i);
  return { name, image, instructions: [] };
}

function instructionLines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
}
