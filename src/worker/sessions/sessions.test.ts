import { describe, expect, it } from 'vitest';
import { aPoint } from '../../../test/kit/builders.ts';
import { createMemoryAdapter } from '../../../adapters/memory/adapter.ts';
import type { Adapter } from '../../adapter/adapter.ts';
import { refreshAnnotation } from '../../api/meta.ts';
import { Sessions } from './sessions.ts';

/** Sessions whose probes are counted, and a clock that the test sets. */
function someSessions() {
  const time = { now: 0 };
  const probes: number[] = [];
  const reads: string[] = [];
  const clock = { now: () => 0, elapsed: () => time.now, sleep: () => Promise.resolve() };
  const sessions = new Sessions({
    adapters: () => Promise.resolve(createMemoryAdapter() as Adapter),
    secrets: (name) => {
      reads.push(name);
      return Promise.resolve({});
    },
    owner: { cluster: 'blue' },
    clock,
    signal: new AbortController().signal,
    around: (_, session) => ({
      ...session,
      probe: () => {
        probes.push(time.now);
        return session.probe();
      },
      close: () => session.close(),
    }),
  });
  return { sessions, time, probes, reads };
}

const minute = 60_000;

describe('what is known of a device', () => {
  it('is found out again every few minutes, without a new connection', async () => {
    const { sessions, time, probes } = someSessions();
    const point = aPoint();
    const first = await sessions.open(point);
    time.now = 4 * minute;
    await sessions.open(point);
    time.now = 6 * minute;
    const later = await sessions.open(point);
    expect(probes).toEqual([0, 6 * minute]);
    expect(later.session).toBe(first.session);
  });

  it('is found out at once when the point is refreshed', async () => {
    const { sessions, time, probes } = someSessions();
    const point = aPoint();
    await sessions.open(point);
    time.now = minute;
    const annotations = { [refreshAnnotation]: 'now' };
    await sessions.open({ ...point, metadata: { ...point.metadata, annotations } });
    expect(probes).toEqual([0, minute]);
  });
});

it('reads the Secret of a point that was forgotten, also for what would take that of a moment ago', async () => {
  const { sessions, reads } = someSessions();
  const point = aPoint({ secretRef: { name: 'login' } });
  for (let round = 0; round < 2; round += 1) await sessions.open(point, { recent: true });
  expect(reads).toEqual(['login']);
  await sessions.forget('edge');
  await sessions.open(point, { recent: true });
  expect(reads).toEqual(['login', 'login']);
});
