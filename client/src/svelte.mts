/** The entry for `import`, which needs types of its own. The program is bundled from `svelte.ts`. */
export * from './svelte.js';
