/** The entry for `import`, which needs types of its own. The program is bundled from `index.ts`. */
export * from './index.js';
