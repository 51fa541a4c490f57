/** Bundles the server program and the public test kit into dist. */
import { resolve } from 'node:path';
import { bundleServer, keepCompiledCode } from './serverBundle';
import { buildTesting } from './testingBuild';

const directory = resolve(__dirname, '../dist');
bundleServer(directory);
void Promise.all([keepCompiledCode(directory), buildTesting(directory)]);
