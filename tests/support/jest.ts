/** Runs Jest with jest.config.ts on every supported Node.js: before 22.18 Jest can't read a TypeScript one itself. */
import { resolve } from 'node:path';
import { run } from 'jest';
import config from '../../jest.config';

const rootDir = resolve(__dirname, '../..');
void run(['--config', JSON.stringify({ ...config, rootDir }), ...process.argv.slice(2)]);
