import { describe, expect, it } from 'vitest';
import { parseObject } from '../api/parse.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import { ApprovalTrust } from './approval-trust.ts';

function approval(name: string): Extract<ObjectChange, { kind: 'EgressApproval' }> {
  const read = parseObject({
    apiVersion: 'postern.dev/v1alpha1',
    kind: 'EgressApproval',
    metadata: { name, namespace: 'shop' },
    spec: {
      policy: { name: 'web', uid: 'u', generation: 1, digest: 'a'.repeat(64) },
      decision: 'Denied',
      approver: 'alice',
    },
  });
  if (!('object' in read) || read.object.kind !== 'EgressApproval') throw new TypeError(JSON.stringify(read));
  return { kind: 'EgressApproval', key: `shop/${name}`, object: read.object };
}

const space = { kind: 'Namespace', key: 'shop', object: { name: 'shop', labels: {} } } as const;

/** A server that answers these in turn, with an end after the last. */
function trustIn(...answers: readonly (boolean | Error)[]) {
  const stop = new AbortController();
  const left = [...answers];
  const seen = { told: [] as string[], released: [] as string[], reports: [] as string[] };
  const trust = new ApprovalTrust({
    guarded: () => {
      const answer = left.shift() ?? false;
      if (left.length === 0) stop.abort();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    clock: { sleep: () => Promise.resolve() },
    report: (message) => seen.reports.push(message),
    onWithheld: ({ metadata }, problems) =>
      seen.told.push(`${metadata.name} ${problems.map(({ code }) => code).join()}`),
    release: (changes) => Promise.resolve(seen.released.push(...changes.map(({ key }) => key))),
  });
  return { trust, seen, signal: stop.signal };
}

describe('trust in approvals', () => {
  it('withholds them while the API server takes them in any name, and says so', async () => {
    const { trust, seen, signal } = trustIn(false);
    await trust.begin(signal);
    expect(trust.admitted([approval('one'), space])).toEqual([space]);
    expect(seen.told).toEqual(['one approvals-not-guarded']);
  });

  it('lets them in once it refuses forged ones, those that came before too, but none that is gone', async () => {
    const { trust, seen, signal } = trustIn(false, true);
    await trust.begin(new AbortController().signal);
    const gone = { ...approval('two'), object: undefined };
    expect(trust.admitted([approval('one'), approval('two'), gone])).toEqual([gone]);
    await trust.run(signal);
    expect(seen.released).toEqual(['shop/one']);
    expect(seen.told.at(-1)).toBe('one ');
    expect(trust.admitted([approval('three')])).toHaveLength(1);
  });

  it('keeps what came while it did when it does so no longer, and withholds what comes then', async () => {
    const { trust, seen, signal } = trustIn(true, false);
    await trust.begin(new AbortController().signal);
    expect(trust.admitted([approval('one')])).toHaveLength(1);
    await trust.run(signal);
    expect(trust.admitted([approval('two')])).toEqual([]);
    expect(seen.released).toEqual([]);
  });

  it('waits for an answer before anything is concluded, and takes none for no', async () => {
    const { trust, seen, signal } = trustIn(new Error('not there'), new Error('not there'), true);
    await trust.begin(signal);
    expect(seen.reports).toHaveLength(2);
    expect(trust.admitted([approval('one')])).toHaveLength(1);
  });
});
