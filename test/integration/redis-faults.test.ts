import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BullmqQueue } from '../../src/queue/bullmq-queue.ts';
import { SyncJobs } from '../../src/queue/sync-jobs.ts';
import { dropForeignValues } from '../../src/redis/foreign-values.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import { aRedisRig, ready, shortTimes, takenOverTimes, type RedisRig, type RigTimes } from '../kit/redis-rig.ts';
import { describeWith, startRedis, until, type RedisServer, type RedisServerOptions } from '../kit/redis-server.ts';

describeWith(['redis-server'], 'The queue when things go wrong', () => {
  let server: RedisServer;
  let rig: RedisRig;
  let handled: string[];
  const children: ChildProcess[] = [];

  /** @param times short ones where something is lost that is to be found again */
  const begin = async (options: RedisServerOptions = {}, times?: RigTimes): Promise<void> => {
    server = await startRedis(options);
    rig = await aRedisRig(server.config, 'faults', times);
  };
  const noted = (point: string): Promise<void> => {
    handled.push(point);
    return Promise.resolve();
  };
  const accepted = (enqueue: () => Promise<void>): Promise<void> =>
    until(
      'the queue accepts again',
      () =>
        enqueue().then(
          () => true,
          () => false,
        ),
      10_000,
    );

  beforeEach(() => {
    handled = [];
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rig.end();
    await server.stop();
  });

  it('refuses at once while Redis is away, closes in time all the same, and says why', async () => {
    await begin();
    const queue = rig.queue({ closeMs: 1_000 });
    queue.process(noted, 2);
    await queue.enqueue('a');
    await until('the run', () => handled.length >= 1);
    await server.kill();
    await until('the loss is known', () => rig.client.status !== 'ready');
    // Not after the time that a command waits for an answer.
    await expect(queue.enqueue('b')).rejects.toThrow(/^Redis: not connected/);
    // What waits for Redis does not end at all.
    await queue.close();
    await until('it says why', () => rig.errors.join().includes('ECONNREFUSED'));
  });

  it.each(['is not there', 'goes away', 'refuses the login'])(
    'a worker ends when it is told to although Redis %s',
    async (what) => {
      await begin(what === 'refuses the login' ? { password: 'right' } : {});
      const { host, port } = server.node;
      if (what === 'is not there') await server.kill();
      const login = what === 'refuses the login' ? ':wrong@' : '';
      const args = ['worker', '--redis', `redis://${login}${host}:${port}`, '--cluster', 'east'];
      const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/postern.ts', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.push(child);
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
      if (what === 'goes away') {
        const admin = server.admin();
        const connections = async (): Promise<number> =>
          String(await admin.client('LIST'))
            .trim()
            .split('\n').length;
        await until('the worker has begun', async () => (await connections()) > 3, 30_000);
        await server.kill();
      }
      await until('the worker knows', () => /ECONNREFUSED|WRONGPASS/.test(said), 30_000);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      // What waits for Redis does not end at all.
      await ended;
    },
  );

  it('refuses at once what was never connected', async () => {
    await begin();
    await server.kill();
    const late = aRedisRig(server.config, 'late');
    await server.start();
    await (await late).end();
    await ready(rig.client);
    await rig.queue().enqueue('a');
  });

  it.each([
    ['empty', [] as [string, string][], 0],
    [
      'with what was appended to its file',
      [
        ['appendonly', 'yes'],
        ['appendfsync', 'always'],
      ] as [string, string][],
      1,
    ],
  ])('goes on by itself when Redis was killed and comes back %s', async (_, settings, delayed) => {
    await begin({ settings }, shortTimes);
    const queue = rig.queue();
    await queue.enqueue('waiting', { delayMs: 3_600_000 });
    queue.process(noted, 2);
    await queue.enqueue('before');
    await until('the run before', () => handled.length >= 1);
    await server.kill();
    await server.start();
    await accepted(() => queue.enqueue('after'));
    await until('the run after', () => handled.includes('after'), 15_000);
    // What had not heard in time that it was done is done once more.
    expect([...new Set(handled)]).toEqual(['before', 'after']);
    expect(await queue.depth()).toMatchObject({ delayed });
  });

  it.each([
    ['empty', []],
    [
      'with what was appended to its file',
      [
        ['appendonly', 'yes'],
        ['appendfsync', 'always'],
      ] as [string, string][],
    ],
  ])(
    'hands a point out again when Redis is killed between its lease and its beginning, and comes back %s',
    async (_, settings) => {
      await begin({ settings }, shortTimes);
      const { client, keys, patient, errors } = rig;
      const leases = new RedisPointLeases(client, keys, shortTimes.leaseMs);
      let kills = 1;
      const acquire: RedisPointLeases['acquire'] = async (point) => {
        const lease = await leases.acquire(point);
        if (kills-- > 0) await server.kill();
        return lease;
      };
      const onError = (subject: string, error: unknown): void => void errors.push(`${subject}: ${String(error)}`);
      const queue = new BullmqQueue({
        client,
        patient,
        keys,
        leases: { acquire, reclaim: () => leases.reclaim() },
        onError,
        times: shortTimes,
      });
      queue.process(noted, 2);
      await queue.enqueue('a');
      await until('the kill', () => kills === 0);
      await wait(500);
      await server.start();
      await accepted(() => queue.enqueue('a'));
      await until('the point is handled', () => handled.includes('a'), 10_000);
      await queue.close();
    },
  );

  it('handles a point again whose end Redis had no memory for, and loses no request made meanwhile', async () => {
    await begin({}, shortTimes);
    const queue = rig.queue();
    const admin = server.admin();
    let full = false;
    queue.process(async (point) => {
      handled.push(point);
      if (handled.length > 1) return;
      await admin.config('SET', 'maxmemory', '1');
      full = true;
    }, 1);
    await queue.enqueue('a');
    await until('the handler has run', () => full);
    await expect(queue.enqueue('a')).rejects.toThrow(/OOM/);
    await wait(1_000);
    await admin.config('SET', 'maxmemory', '0');
    const asked = handled.length;
    await accepted(() => queue.enqueue('a'));
    await accepted(() => queue.enqueue('b'));
    await until('both are handled', () => handled.slice(asked).includes('a') && handled.includes('b'), 15_000);
    await until('nothing is left', async () => (await queue.depth()).running === 0, 15_000);
  });

  it('goes on by itself when everything is flushed while a handler runs', async () => {
    await begin({}, shortTimes);
    const queue = rig.queue();
    const aborted: string[] = [];
    let free = (): void => undefined;
    queue.process(async (point, turn) => {
      handled.push(point);
      turn.signal.addEventListener('abort', () => aborted.push(point));
      if (handled.length === 1) await new Promise<void>((resolve) => (free = resolve));
    }, 1);
    await queue.enqueue('a');
    await until('the run', () => handled.length >= 1);
    await queue.enqueue('a');
    await rig.client.flushall();
    await until('the turn is lost', () => aborted.length > 0, 5_000);
    free();
    await queue.enqueue('a');
    await queue.enqueue('b');
    await until('the runs after', () => handled.includes('b') && handled.filter((point) => point === 'a').length >= 2);
  });

  it('gives the point of a worker that was killed to another, and what was asked for meanwhile is done', async () => {
    await begin({}, takenOverTimes);
    const args = ['--import', 'tsx', 'test/kit/redis-worker-process.ts', JSON.stringify(server.config), 'faults'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    const queue = rig.queue();
    await queue.enqueue('a');
    await until('the child holds the point', () => said === 'a\n', 20_000);
    await queue.enqueue('a');
    queue.process(noted, 2);
    await queue.enqueue('b');
    await until('another point', () => handled.includes('b'));
    await wait(1_000);
    expect(handled).toEqual(['b']);
    child.kill('SIGKILL');
    await until('the point is taken over', () => handled.includes('a'), 15_000);
    await queue.idle();
    expect(handled.slice(0, 2)).toEqual(['b', 'a']);
  });

  it('never has two writers of one point, however many workers there are and however often they restart', async () => {
    await begin();
    const busy = new Set<string>();
    const points = ['a', 'b', 'c', 'd', 'e'];
    let runs = 0;
    const handler = async (point: string): Promise<void> => {
      expect(busy.has(point)).toBe(false);
      busy.add(point);
      runs += 1;
      await wait(Math.random() * 4);
      busy.delete(point);
    };
    const workers = [rig.queue(), rig.queue(), rig.queue()];
    for (const worker of workers) worker.process(handler, 4);
    const sender = rig.queue();
    for (let round = 0; round < 60; round += 1) {
      await Promise.all(points.map((point, index) => sender.enqueue(point, { urgent: (round + index) % 2 === 0 })));
      if (round === 30) await workers[0]!.close();
    }
    await sender.idle();
    expect(runs).toBeGreaterThan(points.length);
    expect(busy.size).toBe(0);
    expect(rig.errors).toEqual([]);
  });

  it('says that Redis is out of memory, without a flood of words or work, and goes on when it is not', async () => {
    await begin({ settings: [['maxmemory-policy', 'noeviction']] });
    const queue = rig.queue();
    queue.process(noted, 2);
    await queue.enqueue('a');
    await until('the run', () => handled.length >= 1);
    const admin = server.admin();
    await admin.config('SET', 'maxmemory', '1');
    await expect(queue.enqueue('b')).rejects.toThrow(/OOM/);
    const [before, since] = [await commands(admin), performance.now()];
    await wait(1_500);
    const seconds = (performance.now() - since) / 1_000;
    expect((await commands(admin)) - before).toBeLessThan(200 * seconds);
    expect(rig.errors.length).toBeLessThan(20 * seconds);
    await admin.config('SET', 'maxmemory', '0');
    await queue.enqueue('b');
    await until('the run after', () => handled.includes('b'), 10_000);
  });

  it('names foreign and unreadable jobs, puts them aside, and goes on', async () => {
    await begin();
    const { Queue } = await import('bullmq');
    const foreign = new Queue('sync', { connection: rig.client, prefix: rig.keys.queue });
    await foreign.add('mystery\nline', { point: 'a' });
    await foreign.add('sync', { target: 'a' });
    await foreign.add('sync', { point: '../../etc' });
    const broken = await foreign.add('sync', { point: 'a' });
    await rig.client.hset(`${rig.keys.queue}:sync:${broken.id}`, 'data', '{"point"');
    const queue = rig.queue();
    queue.process(noted, 1);
    await queue.enqueue('good');
    await until('the good one', () => handled.includes('good'), 15_000);
    await queue.idle();
    const told = rig.errors.join('\n');
    expect(told).toMatch(/Job "1" \("mystery\\nline"\) has an unknown name; it is not handled/);
    expect(told).toMatch(/Job "2" \("sync"\) does not name an enforcement point; it is not handled/);
    expect(told).toMatch(/Job "3" \("sync"\) does not name an enforcement point/);
    expect(told).toMatch(/Job "4" cannot be read; it is removed/);
    expect(handled).toEqual(['good']);
  });

  it.each([
    'id',
    'de:b',
    'meta',
    'wait',
    'active',
    'delayed',
    'prioritized',
    'stalled',
    'marker',
    'completed',
    'failed',
  ])('goes on once something else that stood in the place of its own is gone: %s', async (part) => {
    await begin({}, shortTimes);
    const queue = rig.queue();
    queue.process(noted, 1);
    await queue.enqueue('a');
    await until('the run', () => handled.length >= 1);
    const key = `${rig.keys.queue}:sync:${part}`;
    await rig.client.del(key);
    await rig.client.xadd(key, '*', 'of', 'somebody');
    await queue.enqueue('b').catch(() => undefined);
    expect(await dropForeignValues(rig.client, rig.keys, ['b'])).toBe(1);
    await queue.enqueue('b');
    await until('the next', () => handled.includes('b'), 20_000);
  });

  it('puts back a request whose job has vanished', async () => {
    await begin({}, shortTimes);
    const queue = rig.queue();
    await queue.enqueue('a');
    await rig.client.del(`${rig.keys.queue}:sync:prioritized`);
    queue.process(noted, 1);
    await until('the run', () => handled.includes('a'), 10_000);
  });

  it('does not forget a point whose lease could not be had', async () => {
    await begin({}, shortTimes);
    const acquire = vi.spyOn(RedisPointLeases.prototype, 'acquire');
    acquire.mockRejectedValueOnce(new Error('Redis: LOADING'));
    const queue = rig.queue();
    await queue.enqueue('a');
    queue.process(noted, 2);
    await until('the point is dealt with', () => handled.length >= 1, 15_000);
    expect(acquire.mock.calls.length).toBeGreaterThan(1);
    acquire.mockRestore();
  });

  it('does not forget a point whose job brought down every worker that took it, nor try it at once', async () => {
    await begin();
    const queue = rig.queue();
    await queue.enqueue('a');
    const jobs = `${rig.keys.queue}:sync`;
    const [id] = await rig.client.zrange(`${jobs}:prioritized`, '0', '-1');
    await rig.client.hset(`${jobs}:${id}`, 'defa', 'job stalled more than allowable limit');
    queue.process(noted, 1);
    await until('it is asked for again', async () => (await rig.client.zcard(`${jobs}:delayed`)) === 1);
    expect(rig.errors).toEqual(['queue: job stalled more than allowable limit']);
    expect(handled).toEqual([]);
  });

  it('moves on a request that a clock in the future holds back', async () => {
    await begin({}, shortTimes);
    const queue = rig.queue();
    await queue.enqueue('a', { delayMs: 10 });
    const delayed = `${rig.keys.queue}:sync:delayed`;
    const [id] = await rig.client.zrange(delayed, '0', '-1');
    await rig.client.zadd(delayed, (Date.now() + 3_600_000) * 4_096, id!);
    queue.process(noted, 1);
    await until('the run', () => handled.includes('a'), 10_000);
  });

  it('connects its worker anew when that has lost its connection for good', async () => {
    await begin({}, shortTimes);
    const queue = rig.queue();
    queue.process(noted, 1);
    await queue.enqueue('a');
    await until('the run', () => handled.includes('a'));
    const looks = vi.spyOn(SyncJobs.prototype, 'repairOverdue');
    rig.patients[0]!.disconnect();
    await queue.enqueue('b');
    await until('the run after', () => handled.includes('b'), 10_000);
    expect(rig.errors.join()).toContain('it connects again');
    // A point that is found waiting for the first time may be taken in a moment.
    const waiting = await Promise.all(looks.mock.results.map(({ value }) => value as Promise<number>));
    expect(waiting.filter((count) => count > 0).length).toBeGreaterThanOrEqual(2);
    looks.mockRestore();
  });

  it('tells a handler that does not end to stop when the queue is closed', async () => {
    await begin();
    const queue = rig.queue({ closeMs: 300 });
    let stopped = false;
    queue.process(async (point, { signal }) => {
      handled.push(point);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      stopped = true;
    }, 1);
    await queue.enqueue('a');
    await until('the run', () => handled.length >= 1);
    await queue.close();
    expect(stopped).toBe(true);
  });
});

async function commands(admin: { info(section: string): Promise<string> }): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await admin.info('stats'))?.[1]);
}
