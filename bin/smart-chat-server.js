#!/usr/bin/env node
/**
 * The command `smart-chat-server`. Runs from source if the source and its loader are installed, as after `npm ci`; otherwise, as in
 * a package or an image, runs the output of `npm run build`.
 */
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const source = join(root, 'src', 'cli.ts');

if (existsSync(source) && hasLoader()) {
  void import('tsx').then(() => require(source));
} else {
  require(join(root, 'dist', 'cli'));
}

function hasLoader() {
  try {
    return require.resolve('tsx') !== '';
  } catch {
    return false;
  }
}
