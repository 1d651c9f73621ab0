import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startFortigate, type FortigateSimulator } from '../adapters/fortigate/simulator/simulator.ts';
import { systemClock } from '../src/compose/clock.ts';
import { startControllerLoop } from '../src/controller/publish/loop.ts';
import { openRedis } from '../src/compose/redis.ts';
import { parseRedisUrl } from '../src/redis/config.ts';
import { initialCluster, point } from './worlds/churn.ts';
import { startRedis } from './processes/redis.ts';
import { percentile, reference, row, type Row } from './row.ts';

const runs = 9;
const aimMs = 400;
/** Node with nothing to do, which says when it is there and stays for as long as it is asked. */
const untilTold = ['-e', 'process.stdout.write("."); process.stdin.resume()'];

/** Until the firewall is called, or until Node itself is there. */
interface Start {
  readonly ms: number;
  readonly cpuMs: number;
}

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
    const figures = { bare: [] as Start[], worker: [] as Start[], lambda: [] as Start[] };
    // In turn, so that whatever else the machine does weighs on all alike.
    for (let run = 0; run < runs; run += 1) {
      figures.bare.push(await timed(untilTold, {}));
      for (const [name, args] of [
        ['worker', worker],
        ['lambda', lambda],
      ] as const) {
        await work.again();
        figures[name].push(await timed(args, env, firewall));
      }
    }
    const bare = medianOf(figures.bare);
    yield reference('cold start: node itself', bare.ms, 'ms');
    yield reference('cold start: node itself, CPU', bare.cpuMs, 'ms');
    for (const name of ['worker', 'lambda'] as const) {
      const { ms, cpuMs } = medianOf(figures[name]);
      const title = name === 'worker' ? '`worker --drain`' : 'the Lambda bundle';
      yield row(`cold start: ${title}, to the first native call`, ms, 'ms', aimMs);
      yield reference(`cold start: ${title}, to the first native call, CPU`, cpuMs, 'ms');
      yield reference(`cold start: ${title}, CPU over node itself`, cpuMs / bare.cpuMs, 'x');
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
  execFileSync(process.execPath, [fileURLToPath(new URL('../tools/build/build.js', import.meta.url)), dist]);
  for (const bundle of [dist, join(dist, 'lambda')]) execFileSync(process.execPath, [join(bundle, 'compile.cjs')]);
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

async function timed(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  firewall?: FortigateSimulator,
): Promise<Start> {
  const began = performance.now();
  const child = spawn(process.execPath, [...args], { env: { ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  let start: Start | undefined;
  const isThere = (): void => void (start ??= { ms: performance.now() - began, cpuMs: cpuMsOf(child.pid) });
  if (firewall === undefined) child.stdout.once('data', isThere).once('data', () => child.stdin.end());
  else firewall.onRequest(isThere);
  child.stdout.resume();
  await once(child, 'exit');
  if (start === undefined) throw new Error('the firewall was never called');
  return start;
}

/** What all threads of a process have run for until now, as Linux counts it; 0 elsewhere. */
function cpuMsOf(pid = 0): number {
  try {
    const threads = `/proc/${pid}/task`;
    const ran = readdirSync(threads).map((id) => readFileSync(`${threads}/${id}/schedstat`, 'utf8').split(' ')[0]);
    return ran.reduce((sum, ns) => sum + Number(ns) / 1e6, 0);
  } catch {
    return 0;
  }
}

function medianOf(starts: readonly Start[]): Start {
  const of = (figure: keyof Start): number =>
    percentile(
      starts.map((start) => start[figure]),
      50,
    );
  return { ms: of('ms'), cpuMs: of('cpuMs') };
}
