#!/usr/bin/env bash
# bullmq 6.7.0 (ioredis 6.0.0): once close() was called on a worker without Redis, close(true) does not end it either.
#
# Expected: `close(true)` ends a worker at once, whatever was called before.
# Seen:     without a connection `close()` does not settle, and a later `close(true)` returns the same promise. So a shutdown that is
#           gentle first and forced after a timeout closes nothing while Redis is away. Where `close(true)` is the first call, the
#           worker ends within milliseconds in the same situation.
# So:       on SIGTERM, ask first whether Redis answers; if it does not, begin with `close(true)`.
#
# Fails when the output is no longer what is described here.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund bullmq@6.7.0 ioredis@6.0.0

cat >finding.mjs <<'JS'
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'bullmq';

// A port of this machine on which nothing listens.
const server = createServer().listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const { port } = server.address();
await new Promise((resolve) => server.close(resolve));

async function start() {
  const worker = new Worker('queue', async () => undefined, {
    connection: { host: '127.0.0.1', port, maxRetriesPerRequest: null },
  });
  worker.on('error', () => undefined); // told of every failed attempt
  await sleep(500);
  return worker;
}
const within = (promise, ms) => Promise.race([promise.then(() => 'ended'), sleep(ms).then(() => 'still waiting')]);

const polite = await start();
console.log(`close():                  ${await within(polite.close(), 3_000)}`);
console.log(`close(), close(true):     ${await within(polite.close(true), 3_000)}`);
const forced = await start();
console.log(`close(true) as the first: ${await within(forced.close(true), 3_000)}`);
process.exit();
JS
node finding.mjs 2>/dev/null | tee seen

cat >expected <<'TEXT'
close():                  still waiting
close(), close(true):     still waiting
close(true) as the first: ended
TEXT
diff expected seen && echo "as described: bullmq 6.7.0"
