import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { startFeedConsumer } from '../adapters/feed/simulator/simulator.ts';
import { ask, passwords, startServed, type Served } from '../adapters/feed/testing/served.ts';
import type { Simulator } from '../kit/simulator/simulator.ts';
import { exitCodes } from '../src/cli/io.ts';
import { main } from '../src/cli/main.ts';
import { ioOf } from '../src/cli/testing/run-postern.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** The example with its folders where a test may write. */
async function exampleIn({ folder }: Served): Promise<string> {
  const manifests = join(folder, 'manifests');
  await cp('examples/feed', manifests, { recursive: true, filter: (path) => !path.endsWith('expected') });
  const points = join(manifests, 'points.yaml');
  const text = await readFile(points, 'utf8');
  await writeFile(points, text.replaceAll('/var/lib/postern/feeds', join(folder, 'feeds')));
  return manifests;
}

async function consumer(served: Served, version: string, feed: string, credential: object): Promise<Simulator> {
  const simulator = await startFeedConsumer({ port: 0, version });
  ends.push(() => simulator.close());
  const body = JSON.stringify({ url: `${served.server.url}/${feed}`, ca: served.ca, ...credential });
  expect((await ask({ server: simulator, ca: simulator.ca }, '/feed', { method: 'PUT', body })).status).toBe(200);
  return simulator;
}

const toPayments = { dst: '203.0.113.7', port: 8443, protocol: 'TCP' } as const;
const toGithub = { host: 'github.com', port: 443, protocol: 'TCP' } as const;

it('examples/feed: two firewalls fetch what was wanted, the point is live once they have, and a pod that goes is withdrawn', async () => {
  const served = await startServed();
  ends.push(() => served.end());
  const manifests = await exampleIn(served);
  const pan = await consumer(served, 'pan-os', 'pan', { username: 'pan-1', password: passwords.pan });
  const smart = await consumer(served, 'check-point', 'smart', { token: passwords.token });
  const fetchAll = async (): Promise<void> => {
    for (const device of [pan, smart]) await ask({ server: device, ca: device.ca }, '/refresh', { method: 'POST' });
  };
  const stop = new AbortController();
  let out = '';
  const around = { signal: stop.signal, environment: { auditDir: join(served.folder, 'audit') } };
  const io = ioOf((text) => (out += text), around);
  const running = main(['run', '--manifests', manifests], io);
  const actions = (): Record<string, string> => ({
    'pan, app-a to payments': pan.verdict({ src: '10.20.1.11', ...toPayments }).action,
    'pan, app-a to github': pan.verdict({ src: '10.20.1.11', ...toGithub }).action,
    'pan, app-b to payments': pan.verdict({ src: '10.20.1.12', ...toPayments }).action,
    'smart, app-a to payments': smart.verdict({ src: '10.20.1.11', ...toPayments }).action,
    'smart, app-a to github': smart.verdict({ src: '10.20.1.11', ...toGithub }).action,
  });
  const wanted = {
    'pan, app-a to payments': 'Accept',
    'pan, app-a to github': 'Accept',
    'pan, app-b to payments': 'Deny',
    'smart, app-a to payments': 'Accept',
    'smart, app-a to github': 'Deny',
  };
  const arrives = (expected: Record<string, string>): Promise<void> =>
    vi.waitFor(
      async () => {
        await fetchAll();
        expect(actions()).toEqual(expected);
      },
      { timeout: 80_000, interval: 500 },
    );
  for (const point of ['pan', 'smart']) await vi.waitFor(() => expect(out).toContain(`${point}: activating`), 80_000);
  await arrives(wanted);
  await vi.waitFor(() => expect(out).toMatch(/pan: programmed/), 80_000);
  const cluster = join(manifests, 'cluster.yaml');
  await writeFile(cluster, (await readFile(cluster, 'utf8')).replaceAll('10.20.1.11', '10.20.1.99'));
  await arrives({
    ...wanted,
    'pan, app-a to payments': 'Deny',
    'pan, app-a to github': 'Deny',
    'smart, app-a to payments': 'Deny',
  });
  stop.abort();
  expect(await running).toBe(exitCodes.leftOut); // what Check Point cannot decide by name
}, 300_000);
