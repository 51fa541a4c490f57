/** Builds the public test kit into dist/testing. */
import { resolve } from 'node:path';
import { buildTesting } from './testingBuild';

void buildTesting(resolve(__dirname, '../dist'));
