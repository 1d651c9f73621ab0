import { describe, expect, it } from 'vitest';
import { aPod, aPoint } from '../../test/kit/builders.ts';
import { anOutcome } from '../../test/kit/outcome-store-contract.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { ObjectChange, Pod } from '../core/model/snapshot.ts';
import type { GateTimeout } from '../core/status/gate.ts';
import { PodGate } from './pod-gate.ts';

function aGate(timeout: GateTimeout = { afterMs: 60_000, then: 'Closed' }) {
  const points: EnforcementPoint[] = [aPoint()];
  const versions = new Map([['edge', 5]]);
  const time = { now: 0 };
  const writes: string[] = [];
  const rechecks: string[] = [];
  const trouble = { failing: false, errors: 0 };
  const gate = new PodGate({
    publisher: {
      points: () => points,
      version: (point) => versions.get(point),
      recheck: (point) => Promise.resolve(void rechecks.push(point)),
    },
    write: ({ name, uid }, { status, reason }) => {
      if (trouble.failing) return Promise.reject(new Error('no'));
      writes.push(`${name} ${uid} ${status} ${reason}`);
      return Promise.resolve();
    },
    timeout,
    clock: { elapsed: () => time.now },
    onError: () => (trouble.errors += 1),
  });
  /** What is written in the end. */
  const written = async (): Promise<readonly string[]> => {
    await gate.judge();
    return writes.splice(0);
  };
  const outcome = (fields: Partial<PointOutcome>): void => gate.outcome(anOutcome(fields));
  return { gate, points, versions, time, rechecks, trouble, written, outcome };
}

const pod = (fields: Partial<Pod> = {}): ObjectChange => ({
  kind: 'Pod',
  key: 'shop/web',
  object: aPod({ name: 'web', uid: 'one', gate: 'closed', ...fields }),
});
const live = (version: number): Partial<PointOutcome> => ({ version, readBackVersion: version });

describe('the readiness gate', () => {
  it('opens when the publication that knew the pod has been read back, and says so once', async () => {
    const { gate, outcome, written } = aGate();
    gate.changes([pod()]);
    outcome(live(4));
    const early = await written();
    outcome(live(5));
    expect([early, await written(), await written()]).toEqual([[], ['web one True Live'], []]);
  });

  it('does not take what was sent for what was read back, and asks for a reading, once', async () => {
    const { gate, outcome, written, rechecks } = aGate();
    gate.changes([pod()]);
    for (let index = 0; index < 3; index += 1) outcome({ version: 5, state: 'sent', readBackVersion: 4 });
    expect([await written(), rechecks]).toEqual([[], ['edge']]);
    outcome(live(6));
    expect(await written()).toEqual(['web one True Live']);
  });

  it('asks for nothing where nobody waits', () => {
    const { outcome, rechecks } = aGate();
    outcome({ version: 9, state: 'sent', readBackVersion: 4 });
    expect(rechecks).toEqual([]);
  });

  it('leaves pods alone that have no gate, no address yet, or an open gate already', async () => {
    const { gate, outcome, written } = aGate();
    const { gate: _, ...plain } = aPod();
    gate.changes([
      { kind: 'Pod', key: 'shop/plain', object: plain },
      pod({ addresses: [] }),
      { kind: 'Pod', key: 'shop/open', object: aPod({ name: 'open', gate: 'open' }) },
    ]);
    outcome(live(9));
    expect(await written()).toEqual([]);
  });

  it('waits for every enforcing point that covers the namespace, and for no other', async () => {
    const { gate, points, versions, outcome, written } = aGate();
    const selector = { matchLabels: { zone: 'a' } };
    points.push(
      aPoint({ namespaceSelector: selector }, { name: 'zone' }),
      aPoint({ namespaceSelector: { matchLabels: { zone: 'b' } } }, { name: 'elsewhere' }),
      aPoint({ mode: 'Observe' }, { name: 'watcher' }),
    );
    for (const name of ['zone', 'elsewhere', 'watcher']) versions.set(name, 1);
    gate.changes([{ kind: 'Namespace', key: 'shop', object: { name: 'shop', labels: { zone: 'a' } } }, pod()]);
    outcome(live(5));
    const first = await written();
    outcome({ ...live(1), point: 'zone' });
    expect([first, await written()]).toEqual([[], ['web one True Live']]);
  });

  it('waits while something is still to be published', async () => {
    const { gate, versions, outcome, written } = aGate();
    versions.clear();
    gate.changes([pod()]);
    outcome(live(9));
    const before = await written();
    versions.set('edge', 10);
    const published = await written();
    outcome(live(10));
    expect([before, published, await written()]).toEqual([[], [], ['web one True Live']]);
  });

  it('is held up by no point that is gone', async () => {
    const { gate, points, written } = aGate();
    gate.changes([pod()]);
    points.length = 0;
    expect(await written()).toEqual(['web one True NotCovered']);
  });

  it('does not believe in what a point read back before it was deleted and made anew', async () => {
    const { gate, versions, outcome, written } = aGate();
    outcome(live(50));
    gate.changes([{ kind: 'EnforcementPoint', key: 'edge', object: undefined }]);
    versions.set('edge', 1);
    gate.changes([pod()]);
    expect(await written()).toEqual([]);
  });

  it.each([
    ['Open', ['web one True TimedOut']],
    ['Closed', ['web one False TimedOut', 'web one True Live']],
  ] as const)('after the timeout is %s', async (then, expected) => {
    const { gate, time, outcome, written } = aGate({ afterMs: 60_000, then });
    gate.changes([pod()]);
    time.now = 59_999;
    const all = [...(await written())];
    time.now = 60_000;
    all.push(...(await written()), ...(await written()));
    outcome(live(5));
    all.push(...(await written()));
    expect(all).toEqual(expected);
  });

  it.each([
    ['', { addresses: ['10.0.0.9'] }],
    [' on a network beside the pod network', { attachments: [{ network: 'telco/a', addresses: ['10.9.0.9'] }] }],
  ])('closes again for a pod whose address%s has changed, and opens for the new one', async (_, changed) => {
    const { gate, versions, outcome, written } = aGate();
    gate.changes([pod()]);
    outcome(live(5));
    const first = await written();
    versions.set('edge', 6);
    gate.changes([pod({ gate: 'open', ...changed })]);
    const closed = await written();
    outcome(live(6));
    expect([first, closed, await written()]).toEqual([
      ['web one True Live'],
      ['web one False AddressChanged'],
      ['web one True Live'],
    ]);
  });

  it('begins anew for another pod of the same name, and forgets one that has ended', async () => {
    const { gate, outcome, written } = aGate();
    gate.changes([pod(), { kind: 'Pod', key: 'shop/web', object: undefined }, pod({ uid: 'two' })]);
    outcome(live(5));
    const second = await written();
    gate.changes([pod({ uid: 'three' }), pod({ uid: 'three', deleting: true })]);
    expect([second, await written()]).toEqual([['web two True Live'], []]);
  });

  it('tries again what could not be written', async () => {
    const { gate, outcome, written, trouble } = aGate();
    gate.changes([pod()]);
    outcome(live(5));
    trouble.failing = true;
    const failed = await written();
    trouble.failing = false;
    expect([failed, trouble.errors, await written()]).toEqual([[], 1, ['web one True Live']]);
  });
});
