/** `tsx scripts/buildWeb.ts [DIRECTORY]` builds the chat page, into dist/web unless told otherwise. */
import { build } from 'esbuild';
import { webBuild } from './webBuild';

void build(webBuild(process.argv[2] ?? 'dist/web'));
