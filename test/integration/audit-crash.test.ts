import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import type { DeviceRequest } from '../../adapters/memory/device.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import type { AuditLines } from '../../src/audit/audit-store.ts';
import { FileAuditLines } from '../../src/audit/files/file-audit-lines.ts';
import { RedisAuditStore } from '../../src/audit/redis/redis-audit-store.ts';
import { systemClock } from '../../src/compose/clock.ts';
import type { Write } from '../../src/core/audit/writes/write-log.ts';
import { textsOf, verified, writesOn } from '../kit/audit-records.ts';
import type { VictimOptions } from '../kit/audit-victim-process.ts';
import { bundled } from '../kit/bundled.ts';
import { aRedisRig, type RedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, type RedisServer } from '../kit/redis-server.ts';

/** The device, and what becomes of the process that writes to it at its third write. */
type Fate = 'answered' | 'dies-on-the-way' | 'dies-unanswered';

const thirdWrite = 3;

const programs = aFolder();
let victim: string;
beforeAll(async () => {
  victim = await bundled('test/kit/audit-victim-process.ts', programs);
});

/** Runs the process until it has ended, by itself or because it was killed. */
async function live(options: VictimOptions, device: MemorySimulator, fate: Fate): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [victim, JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let writes = 0;
  child.on('message', (request: DeviceRequest) => {
    if (request.method !== 'GET') writes += 1;
    const hit = request.method !== 'GET' && writes === thirdWrite;
    if (hit && fate === 'dies-on-the-way') return void child.kill('SIGKILL');
    void device.request(request).then((answer) => {
      if (hit && fate === 'dies-unanswered') child.kill('SIGKILL');
      else child.send(answer, () => undefined);
    });
  });
  return new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
}

/** As the memory adapter asks for it. */
function requestOf({ op, kind, name }: Write): string {
  const path = `/${kind}/${name}`;
  const requests = {
    create: `POST ${path}`,
    update: `PATCH ${path}`,
    members: `POST ${path}/members`,
    move: `POST ${path}/move`,
    delete: `DELETE ${path}`,
  };
  return requests[op];
}

interface Death {
  readonly when: string;
  readonly fate: Fate;
  readonly dies?: NonNullable<VictimOptions['dies']>;
}

const deaths: readonly Death[] = [
  { when: 'before a write is begun', fate: 'answered', dies: { step: 'before-begin', time: thirdWrite } },
  { when: 'between begin and send', fate: 'answered', dies: { step: 'after-begin', time: thirdWrite } },
  { when: 'while a write is on its way, which then is lost', fate: 'dies-on-the-way' },
  { when: 'when a write has arrived and was not answered', fate: 'dies-unanswered' },
  { when: 'between answer and close', fate: 'answered', dies: { step: 'before-close', time: thirdWrite } },
  { when: 'right after close', fate: 'answered', dies: { step: 'after-close', time: thirdWrite } },
];

/** Kills at every step, starts again, and holds the record against what the device has seen. */
function describeCrashes(make: () => { readonly store: VictimOptions['store']; readonly lines: AuditLines }): void {
  it.each(deaths)('has exactly one record for each write when killed $when', async ({ fate, dies }) => {
    const { store, lines } = make();
    const device = new MemorySimulator();
    expect(await live({ store, ...(dies && { dies }) }, device, fate)).toBe('SIGKILL');
    expect(await live({ store }, device, 'answered')).toBeNull();
    const writes = writesOn(await textsOf(lines, 'edge'));
    const asked = device.requests().filter(({ method }) => method !== 'GET');
    const done = writes.filter(({ result }) => result === 'done' || result === 'found-done');
    expect(done.map(requestOf)).toEqual(asked.map(({ method, path }) => `${method} ${path}`));
    const others = writes.filter((write) => !done.includes(write)).map(({ result }) => result);
    const lost = fate === 'dies-on-the-way' || dies?.step === 'after-begin';
    expect(others).toEqual(lost ? ['found-not-done'] : []);
    expect(await verified(lines, 'edge')).toMatchObject({ findings: [], unsettled: 0 });
  });
}

describe('the audit record in files, when its writer is killed', () => {
  const directories: string[] = [];
  afterAll(() => {
    for (const directory of directories) rmSync(directory, { recursive: true });
  });
  describeCrashes(() => {
    const directory = mkdtempSync(join(tmpdir(), 'postern-audit-'));
    directories.push(directory);
    return { store: { directory }, lines: new FileAuditLines(directory) };
  });
});

describeWith(['redis-server'], 'the audit record in Redis, when its writer is killed', () => {
  let server: RedisServer;
  const rigs: RedisRig[] = [];
  beforeAll(async () => {
    server = await startRedis();
    for (const [index] of deaths.entries()) rigs.push(await aRedisRig(server.config, `crash-${index}`));
  });
  afterAll(async () => {
    for (const rig of rigs) await rig.end();
    await server.stop();
  });
  let next = 0;
  describeCrashes(() => {
    const rig = rigs[next]!;
    const installation = `crash-${next}`;
    next += 1;
    const lines = new RedisAuditStore({ ...rig, clock: systemClock });
    return { store: { redis: server.config, installation }, lines };
  });
});
