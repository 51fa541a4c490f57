/**
 * Runs one of the server's programs: `node bin/run.js NAME`, NAME without extension. From source where that and its loader
 * are there, as after `npm ci`: it is always the newest. Otherwise what `npm run build` made, as in an image for production.
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
