// Preloaded into a measured server with `--require` and `--expose-gc`: on SIGUSR2 it prints the CPU time so far and the memory after
// garbage collection.
process.on('SIGUSR2', () => {
  const { user, system } = process.cpuUsage();
  global.gc();
  setImmediate(() => {
    global.gc();
    const milliseconds = Math.round((user + system) / 1_000);
    process.stdout.write(
      `CPU time: ${milliseconds} ms, resident memory: ${process.memoryUsage.rss()} bytes\n`,
    );
  });
});
