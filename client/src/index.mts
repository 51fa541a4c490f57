/** The same for those who `import` it; its program is bundled from `index.ts`. */
export * from './index.js';
