import { pathToFileURL } from 'node:url';

// Runs the service whose program is the first argument, and tells it to stop when its standard input ends: that is when the process that
// started it is gone, even if it was killed. Otherwise the service would go on alone, and hold its ports and its jobs.
process.stdin.once('end', () => {
  process.kill(process.pid, 'SIGTERM');
});
process.stdin.resume();
// Waiting for that must not keep a process alive that has nothing else to do.
process.stdin.unref();

process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1] ?? '').href);
