/** Builds the chat page, the client library and the API reference into dist/web. */
import { resolve } from 'node:path';
import { buildWeb } from './webBuild';

void buildWeb(resolve(__dirname, '../dist/web'));
