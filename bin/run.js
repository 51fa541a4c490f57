/**
 * Runs one of the server's programs: `node bin/run.js NAME`, NAME without extension. Runs it from source if the source and its
 * loader are installed, as after `npm ci`; otherwise, as in a production image, runs the output of `npm run build`.
 */
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const [name = ''] = process.argv.splice(2, 1);
const source = join(root, 'src', `${name}.ts`);

if (existsSync(source) && hasLoader()) {
  require('tsx/cjs');
  require(source);
} else {
  require(join(root, 'dist', name));
}

function hasLoader() {
  try {
    return require.resolve('tsx/cjs') !== '';
  } catch {
    return false;
  }
}
