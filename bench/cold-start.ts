import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startFortigate, type FortigateSimulator } from '../adapters/fortigate/simulator/simulator.ts';
import { systemClock } from '../src/compose/clock.ts';
import { startControllerLoop } from '../src/controller/loop.ts';
import { openRedis } from '../src/compose/redis.ts';
import { parseRedisUrl } from '../src/redis/config.ts';
import { initialCluster, point } from './worlds/churn.ts';
import { startRedis } from './processes/redis.ts';
import { percentile, reference, row, type Row } from './row.ts';

const runs = 9;
const aimMs = 400;

/** From the start of a process, as it is shipped, to its first call to a firewall that a queue on Redis told it of. */
export async function* benchColdStart(): AsyncGenerator<Row> {
  const redis = await startRedis();
  if (redis === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'postern-cold-'));
  const firewall = await startFortigate({ port: 0 });
  try {
    const { worker, lambda } = prepare(folder, firewall);
    const work = await queued(redis.url, firewall);
    const env = { REDIS_URL: redis.url, POSTERN_CLUSTER: 'bench', POSTERN_SECRETS_DIR: join(folder, 'secrets') };
    const figures = { bare: [] as number[], worker: [] as number[], lambda: [] as number[] };
    // In turn, so that whatever else the machine does weighs on all alike.
    for (let run = 0; run < runs; run += 1) {
      figures.bare.push(await timed(['-e', '0'], {}));
      for (const [name, args] of [
        ['worker', worker],
        ['lambda', lambda],
      ] as const) {
        await work.again();
        figures[name].push(await timed(args, env, firewall));
      }
    }
    const bare = percentile(figures.bare, 50);
    yield reference('cold start: node itself, start to end', bare, 'ms');
    for (const name of ['worker', 'lambda'] as const) {
      const median = percentile(figures[name], 50);
      const title = name === 'worker' ? '`worker --drain`' : 'the Lambda bundle';
      yield row(`cold start: ${title}, to the first native call`, median, 'ms', aimMs);
      yield reference(`cold start: ${title}, times node itself`, median / bare, 'x');
    }
    await work.stop();
  } finally {
    await firewall.close();
    await redis.stop();
    rmSync(folder, { recursive: true });
  }
}

function prepare(
  folder: string,
  firewall: FortigateSimulator,
): Readonly<Record<'worker' | 'lambda', readonly string[]>> {
  const dist = join(folder, 'dist');
  execFileSync(process.execPath, [fileURLToPath(new URL('../build.js', import.meta.url)), dist]);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const secret = join(folder, 'secrets', point);
  mkdirSync(secret, { recursive: true });
  writeFileSync(join(secret, 'token'), firewall.credentials['token'] ?? '');
  writeFileSync(join(secret, 'ca.crt'), firewall.ca);
  const bundle = pathToFileURL(join(dist, 'lambda', 'index.js')).href;
  const invoke = `const { handler } = await import(${JSON.stringify(bundle)}); await handler({}, { getRemainingTimeInMillis: () => 30000 });`;
  return {
    worker: [join(dist, 'postern.js'), 'worker', '--drain'],
    lambda: ['--input-type=module', '-e', invoke],
  };
}

/** A controller that can say once more that there is something to do at the firewall. */
async function queued(redisUrl: string, firewall: FortigateSimulator) {
  const stop = new AbortController();
  const onError = (subject: string, error: unknown): void =>
    void process.stderr.write(`${subject}: ${String(error)}\n`);
  const shared = openRedis({ config: parseRedisUrl(redisUrl), fence: () => 1, onError });
  await shared.tried;
  const side = startControllerLoop({ ...shared, clock: systemClock, recheckEveryMs: 3_600_000, onError }, stop.signal);
  await side.apply(initialCluster(firewall.url), true);
  return {
    again: () => side.publisher.recheck(point),
    stop: async () => {
      stop.abort();
      await side.idle();
      await shared.queue.close();
      shared.disconnect();
    },
  };
}

/** Milliseconds until the firewall is called, or without one until the process has ended. */
async function timed(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  firewall?: FortigateSimulator,
): Promise<number> {
  let called: number | undefined;
  firewall?.onRequest(() => (called ??= performance.now()));
  const began = performance.now();
  const child = spawn(process.execPath, [...args], { env: { ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'exit');
  if (firewall !== undefined && called === undefined) throw new Error('the firewall was never called');
  return (called ?? performance.now()) - began;
}
