import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { QueuedFirewall } from '../kit/queued-firewall.ts';
import { describeWith, until } from '../kit/redis-server.ts';
import { buildPostern, Postern } from '../live/postern.ts';

interface Ready {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ready: boolean; readonly message: string }[];
}

describeWith(['redis-server'], 'What a worker tells about itself', () => {
  let rig: QueuedFirewall;
  let entry = '';
  let worker: Postern | undefined;

  beforeAll(async () => {
    rig = await QueuedFirewall.start();
    entry = buildPostern(rig.folder);
  });
  afterAll(() => rig.stop());
  afterEach(async () => {
    await worker?.kill();
  });

  async function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    worker = new Postern(entry, ['worker', ...args], { ...rig.environment, ...env });
    return String((await worker.says(({ msg }) => msg === 'metrics and health'))['url']);
  }
  const ready = async (url: string): Promise<[number, Ready]> => {
    const response = await fetch(`${url}/readyz`);
    return [response.status, (await response.json()) as Ready];
  };

  it('is ready while Redis answers, and alive in any case', async () => {
    const url = await start(['--listen', '0']);
    expect(new URL(url).hostname).toBe('127.0.0.1');
    await until('it is ready', async () => (await ready(url))[0] === 200);
    await rig.redis.kill();
    const knows = async (): Promise<boolean> => {
      const [status, { checks }] = await ready(url);
      const [queue, redis] = ['queue', 'redis'].map((name) => checks.find((check) => check.name === name));
      return status === 503 && queue?.ready === false && (redis?.message ?? '').startsWith('is away: Redis: ');
    };
    await until('it is not ready, and knows why', knows);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await wait(3_000);
    const away = worker?.lines.filter(({ subject }) => subject !== undefined) ?? [];
    expect(away.length).toBeLessThan(5);
    expect(
      worker?.said
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('{')),
    ).toEqual([]);
    await rig.redis.start();
    await until('it is ready again', async () => (await ready(url))[0] === 200, 20_000);
    expect((await worker?.stop())?.code).toBe(0);
  });

  it('counts what it does at the firewall, without a secret', async () => {
    const url = await start([], { POSTERN_LISTEN: '127.0.0.1:0' });
    const address = await rig.addPod();
    await until('it is let through', () => rig.permits(address), 20_000);
    const read = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    const told = [
      /^postern_syncs_total\{point="edge",path="\w+",result="\w+"\} \d/m,
      /^postern_device_calls_total\{[^}]*"send"[^}]*\} \d/m,
      /^postern_queue_points\{state="waiting"\} 0$/m,
      /^process_cpu_user_seconds_total /m,
    ];
    let text = '';
    const counted = async (): Promise<boolean> => {
      text = await read();
      return told.every((line) => line.test(text));
    };
    await until('it is counted', counted, 20_000);
    expect(text).not.toContain(rig.firewall.credentials['token']);
    expect(text).not.toMatch(/^postern_(?:leader|caches_synced|point_)/m);
  });

  it('answers three paths and nothing else', async () => {
    const url = await start(['--listen', '0']);
    const answers = await Promise.all(
      ['/', '/config', '/metrics/..%2f', '/healthz/'].map(async (path) => (await fetch(url + path)).status),
    );
    expect(answers).toEqual([404, 404, 404, 404]);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${url}/metrics`)).headers.get('content-type')).toContain('text/plain');
  });

  it('says so when it cannot listen there', async () => {
    const url = new URL(await start(['--listen', '0']));
    const second = new Postern(entry, ['worker', '--listen', url.port], rig.environment);
    await until('it has ended', () => !second.alive);
    expect(second.said).toContain(`postern: cannot listen on 127.0.0.1:${url.port}`);
    const third = new Postern(entry, ['worker', '--listen', 'http://x:1'], rig.environment);
    await until('it has ended', () => !third.alive);
    expect(third.said).toContain('--listen wants PORT or HOST:PORT');
  });

  it('writes lines for people, of the level that was asked for', async () => {
    const drain = async (...args: string[]): Promise<string> => {
      await rig.addPod();
      const options = { env: { ...rig.environment } };
      return (await promisify(execFile)(process.execPath, [entry, 'worker', '--drain', ...args], options)).stdout;
    };
    expect(await drain('--log-format', 'text')).toMatch(
      /^\S+Z INFO worker (?:point synced|members sent|nothing to send) point=edge /m,
    );
    expect(await drain('--log-level', 'warn')).toBe('');
  });
});
