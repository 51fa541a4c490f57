/** The entry for `import`, which needs types of its own. The program is bundled from `vue.ts`. */
export * from './vue.js';
