import { pathToFileURL } from 'node:url';

// Runs the service whose program is the first argument, and tells it to stop when its standard input ends: that is when the process that
// started it is gone, even if it was killed. Otherwise the service would go on alone, and hold its ports and its jobs.
// A service that has been told already is left alone: a second signal means that it must not drain.
let told = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    told = true;
    // Nobody else listens yet, and without this listener the process would have ended.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  });
}
process.stdin.once('end', () => {
  if (!told) process.kill(process.pid, 'SIGTERM');
});
process.stdin.resume();
// Waiting for that must not keep a process alive that has nothing else to do.
process.stdin.unref();

process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1] ?? '').href);
