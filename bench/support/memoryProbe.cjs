// Loaded into a server that is measured (`--require`, with `--expose-gc`): on SIGUSR2 it says what memory it keeps.
process.on('SIGUSR2', () => {
  global.gc();
  setImmediate(() => {
    global.gc();
    process.stdout.write(`keeps ${process.memoryUsage.rss()} bytes\n`);
  });
});
