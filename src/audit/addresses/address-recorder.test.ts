import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { aPod } from '../../../test/kit/builders.ts';
import type { Clock } from '../../adapter/adapter.ts';
import { AssignmentIndex } from '../../core/addresses/assignment-index.ts';
import type { Pod } from '../../core/model/snapshot.ts';
import { readAddresses } from './address-files.ts';
import { AddressRecorder } from './address-recorder.ts';

const start = Date.parse('2026-11-29T00:00:00Z');
const minute = 60_000;
const day = 24 * 60 * minute;

type Taker = Pick<AddressRecorder, 'changes'>;

let directory: string;
let now: number;
let errors: unknown[];
let opened: AddressRecorder[];
const clock: Clock = {
  now: () => now,
  elapsed: () => now,
  sleep: () => Promise.reject(new Error('nobody waits here')),
};

beforeEach(() => {
  directory = aFolderOfTest();
  [now, errors, opened] = [start, [], []];
});
afterEach(async () => {
  for (const one of opened) await one.close();
});

function recorder(term = 1, keepDays = 30): AddressRecorder {
  const made = new AddressRecorder({ directory, clock, term, keepDays, onError: (error) => errors.push(error) });
  opened.push(made);
  return made;
}

function pod(name: string, address: string, more: Partial<Pod> = {}): Pod {
  return aPod({ name, uid: name, addresses: [address], ...more });
}

function begins(to: Taker, one: Pod): void {
  to.changes([{ kind: 'Pod', key: `${one.namespace}/${one.name}`, object: one }]);
}

function ends(to: Taker, { namespace, name }: Pod): void {
  to.changes([{ kind: 'Pod', key: `${namespace}/${name}`, object: undefined }]);
}

async function whoHad(address: string, at: number): Promise<{ pods: readonly string[]; doubts: readonly string[] }> {
  const { record } = await readAddresses(directory);
  const { holders, doubts } = new AssignmentIndex(record).holdersAt(address, at);
  return { pods: holders.map((one) => one.pod), doubts: doubts.map(({ kind }) => kind) };
}

/** Numbers in [0, 1), the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Truth {
  readonly pod: Pod;
  readonly address: string;
  readonly from: number;
  to: number;
}

/**
 * A day in which addresses are used again as soon as they are free, with a controller that is away now and then. The list of
 * who really had which address is kept apart.
 */
async function aDay(seed: number): Promise<readonly Truth[]> {
  const random = numbers(seed);
  const truth: Truth[] = [];
  const events: { readonly at: number; readonly happens: (to: Taker) => void }[] = [];
  for (let address = 0; address < 12; address += 1) {
    for (let at = start + random() * 20 * minute; at < start + day;) {
      const took = at;
      const from = took + random() * 3_000;
      const to = from + 5_000 + random() * 90 * minute;
      const name = `p${truth.length}`;
      const one = pod(name, `10.0.0.${address}`, { started: Math.floor(took / 1_000) });
      truth.push({ pod: one, address: `10.0.0.${address}`, from, to });
      events.push({ at: from + random() * 1_000, happens: (into) => begins(into, one) });
      events.push({ at: to + random() * 1_500, happens: (into) => ends(into, one) });
      at = to + random() * random() * 30 * minute;
    }
  }
  for (let at = start; at < start + day; at += 10_000) events.push({ at, happens: () => undefined });
  events.sort((a, b) => a.at - b.at);
  const alive = new Map<string, Pod>();
  const watched = (to: Taker): Taker => ({
    changes: (changes) => {
      for (const { kind, key, object } of changes) {
        if (kind !== 'Pod') continue;
        if (object === undefined) alive.delete(key);
        else alive.set(key, object);
      }
      to.changes(changes);
    },
  });
  let current = recorder();
  let back = 0;
  for (const { at, happens } of events) {
    now = at;
    const isAway = at < back;
    if (!isAway && back > 0) {
      [current, back] = [recorder(2), 0];
      for (const one of alive.values()) begins(current, one);
    }
    const into = isAway ? recorder(9) : current;
    happens(watched(into));
    if (!isAway) await current.flush();
    if (back === 0 && random() < 0.0004) back = at + random() * 15 * minute;
  }
  return truth;
}

describe('the record of addresses', () => {
  it.each([1, 2, 3])('is right or does not know, for every address and minute of a day of churn (%i)', async (seed) => {
    const truth = await aDay(seed);
    const { record, faults } = await readAddresses(directory);
    expect(faults).toEqual([]);
    const index = new AssignmentIndex(record);
    const told = { right: 0, unknown: 0 };
    const wrong: unknown[] = [];
    for (let address = 0; address < 12; address += 1) {
      const own = truth.filter((one) => one.address === `10.0.0.${address}`);
      for (let at = start; at < start + day; at += minute) {
        const { holders, doubts } = index.holdersAt(`10.0.0.${address}`, at);
        const really = own.find(({ from, to }) => from <= at && at < to)?.pod.name;
        if (doubts.length > 0) told.unknown += 1;
        else if (holders.length <= 1 && holders[0]?.pod === really) told.right += 1;
        else wrong.push({ at: new Date(at).toISOString(), said: holders.map((one) => one.pod), really });
      }
    }
    expect(wrong).toEqual([]);
    expect(record.gaps.length).toBeGreaterThan(0);
    expect(told.right).toBeGreaterThan(told.unknown * 4);
  });

  it('keeps an address until its pod is gone, not until it is deleted', async () => {
    const to = recorder();
    await to.flush();
    const one = pod('web', '10.0.0.1');
    now += minute;
    begins(to, one);
    now += minute;
    begins(to, { ...one, deleting: true });
    now += minute;
    await to.flush();
    expect(await whoHad('10.0.0.1', now - 30_000)).toEqual({ pods: ['web'], doubts: [] });
    begins(to, { ...one, deleting: true, phase: 'Succeeded' });
    now += minute;
    await to.flush();
    expect(await whoHad('10.0.0.1', now - 30_000)).toMatchObject({ pods: [] });
  });

  it('keeps what annotations claim apart from what pods have', async () => {
    const one = recorder();
    const attachments = [{ network: 'telco/n 2', addresses: ['10.9.0.4', '10.0.0.1'] }];
    begins(one, pod('a', '10.0.0.1', { attachments }));
    await one.flush();
    now += minute;
    begins(one, pod('a', '10.0.0.1'));
    await one.flush();
    const { record } = await readAddresses(directory);
    const index = new AssignmentIndex(record);
    const told = (address: string, at: number) => {
      const { holders, claimed, doubts } = index.holdersAt(address, at);
      return [holders.length, claimed.map(({ network }) => network), doubts.map(({ kind }) => kind)];
    };
    expect(told('10.9.0.4', start + 1)).toEqual([0, ['telco/n?2'], ['claimed']]);
    expect(told('10.0.0.1', start + 1)).toEqual([1, [], []]);
    expect(told('10.9.0.4', now)).toEqual([0, ['telco/n?2'], ['claimed']]);
  });

  it('tells a pod from its successor of the same name', async () => {
    const to = recorder();
    const first = pod('db-0', '10.0.0.1', { uid: 'first' });
    begins(to, first);
    await to.flush();
    now += minute;
    begins(to, { ...first, uid: 'second', node: 'node-2' });
    now += minute;
    await to.flush();
    const { record } = await readAddresses(directory);
    expect(record.assignments.map(({ node, until }) => [node, until === undefined])).toEqual([
      [first.node, false],
      ['node-2', true],
    ]);
  });

  it('begins a segment each day that stands by itself, and deletes those that are too old', async () => {
    const to = recorder(1, 2);
    begins(to, pod('web', '10.0.0.1'));
    for (let days = 0; days < 6; days += 1) {
      await to.flush();
      now += day;
    }
    const segments = readdirSync(join(directory, '.addresses'));
    expect(segments.length).toBeLessThanOrEqual(4);
    const { record, faults } = await readAddresses(directory);
    expect({ faults, gaps: record.gaps.length, pods: record.assignments.length }).toEqual({
      faults: [],
      gaps: 0,
      pods: 1,
    });
  });

  it('knows nothing of the time in which pods were not seen, and takes nobody for gone before all were', async () => {
    const first = recorder();
    begins(first, pod('web', '10.0.0.1'));
    await first.flush();
    now += minute;
    await first.lookAway();
    now += 10 * minute;
    await first.flush();
    now += minute;
    await first.flush();
    expect(await whoHad('10.0.0.1', start + 5 * minute)).toEqual({ pods: ['web'], doubts: ['gap'] });
    expect(await whoHad('10.0.0.1', now - 30_000)).toEqual({ pods: ['web'], doubts: [] });
    // A successor that is stopped before it has seen the pods says nothing of them.
    const stopped = new AbortController();
    stopped.abort();
    const second = recorder(2);
    await second.run(() => false, stopped.signal);
    expect(await whoHad('10.0.0.1', now - 30_000)).toEqual({ pods: ['web'], doubts: [] });
    expect((await readAddresses(directory)).record.assignments[0]?.until).toBeUndefined();
  });

  it('is told once where it cannot be written, and goes on when it can, with a gap', async () => {
    const file = join(directory, '.addresses');
    writeFileSync(file, 'somebody put a file here');
    const to = recorder();
    begins(to, pod('web', '10.0.0.1'));
    await to.flush();
    await to.flush();
    expect(errors).toHaveLength(1);
    rmSync(file);
    now += minute;
    begins(to, pod('other', '10.0.0.2'));
    await to.flush();
    now += minute;
    await to.flush();
    const { record } = await readAddresses(directory);
    expect(record.assignments.map((one) => one.pod)).toEqual(['web', 'other']);
  });
});
