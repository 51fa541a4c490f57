const warnings: string[] = [];
const onWarning = ({ name, message, stack }: Error) => {
  // node:sqlite is experimental in some supported versions of Node.js.
  if (name !== 'ExperimentalWarning') warnings.push(stack ?? `${name}: ${message}`);
};

/** Fails the test that made Node.js emit a warning, such as `MaxListenersExceededWarning`. */
function failOnWarnings(): void {
  const found = warnings.splice(0);
  if (found.length > 0) throw new Error(`Node.js emitted warnings:\n${found.join('\n')}`);
}

process.on('warning', onWarning);
afterEach(failOnWarnings);
afterAll(async () => {
  // Warnings are emitted in the next tick.
  await new Promise(setImmediate);
  process.off('warning', onWarning);
  failOnWarnings();
});
