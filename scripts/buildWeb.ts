/** Builds the chat page, the client library and the API reference into dist/web. */
import { resolve } from 'node:path';
import { packClient } from './packClient';
import { buildWeb } from './webBuild';

const DIRECTORY = resolve(__dirname, '../dist/web');

void Promise.all([buildWeb(DIRECTORY), packClient(DIRECTORY)]);
