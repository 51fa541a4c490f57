/** The entry for `import`, which needs types of its own. The program is bundled from `react.ts`. */
export * from './react.js';
