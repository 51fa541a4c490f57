// Preloaded into a measured server with `--require` and `--expose-gc`: on SIGUSR2 it prints the memory after garbage collection.
process.on('SIGUSR2', () => {
  global.gc();
  setImmediate(() => {
    global.gc();
    process.stdout.write(`resident memory: ${process.memoryUsage.rss()} bytes\n`);
  });
});
