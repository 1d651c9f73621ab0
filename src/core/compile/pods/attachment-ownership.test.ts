import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attachment, Pod } from '../../model/snapshot.ts';
import { attachedIn } from '../../../verify/values/attachments.ts';
import { Compiler } from '../compiler.ts';
import { changesOf, node, pod, point, policy } from '../testing/builders.ts';

const now = '2026-06-01T00:00:00Z';
const network = { name: 'telco/a', ranges: ['10.9.0.0/30', 'fd00::/64'] };
const address = fc.constantFrom('10.9.0.1', '10.9.0.2', '10.9.0.9', 'fd00::1');
const attachments = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(undefined, 'unreadable' as const) },
  {
    weight: 4,
    arbitrary: fc.uniqueArray(
      fc.record({
        network: fc.constantFrom('telco/a', 'telco/b'),
        addresses: fc.uniqueArray(address, { minLength: 1, maxLength: 2 }),
      }),
      { selector: (one: Attachment) => one.network, minLength: 1, maxLength: 2 },
    ),
  },
);
const pods = fc.array(
  fc.record({
    attachments,
    own: fc.constantFrom(undefined, undefined, undefined, '10.9.0.1', '10.20.0.1'),
    state: fc.constantFrom('live', 'live', 'live', 'deleting', 'ended', 'host'),
    created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
  }),
  { minLength: 1, maxLength: 4 },
);

/** One of them has an address where those of the network lie. */
const someNodes = fc.subarray([node('n1', '10.9.0.2'), node('n2', '192.0.2.1')]);

function podsOf(some: typeof pods extends fc.Arbitrary<infer T> ? T : never): readonly Pod[] {
  return some.map(({ attachments: there, own, state, created }, index) =>
    pod(`shop/p${index}`, {
      uid: String(index),
      created,
      addresses: own === undefined ? [] : [own],
      deleting: state === 'deleting',
      phase: state === 'ended' ? 'Succeeded' : 'Running',
      hostNetwork: state === 'host',
      ...(there !== undefined && { attachments: there }),
    }),
  );
}

function worldOf(some: readonly Pod[]) {
  return {
    pods: some,
    egressPolicies: [policy('shop/all', { to: [{ networks: ['203.0.113.0/24'], allPorts: true }] })],
    enforcementPoints: [point('edge', { vantage: { type: 'Pod', network } })],
  };
}

const membersOf = (compiler: Compiler): readonly string[] =>
  compiler.desired('edge')?.groups.flatMap(({ members }) => members) ?? [];

describe('addresses on a network beside the pod network', () => {
  it('are whose the judge, who reads the annotations by himself, says that they are', () => {
    let seen = 0;
    fc.assert(
      fc.property(pods, someNodes, (some, nodes) => {
        const all = podsOf(some);
        const compiler = new Compiler();
        compiler.apply(changesOf({ ...worldOf(all), nodes }), now);
        const attached = attachedIn({ pods: all, nodes });
        const live = all.filter(({ deleting, phase }) => !deleting && phase === 'Running');
        const expected = [...new Set(live.flatMap((one) => attached(one, network).addresses))].sort();
        seen += expected.length;
        expect(membersOf(compiler)).toEqual(expected);
      }),
      { seed: 3, numRuns: 1_500 },
    );
    expect(seen).toBeGreaterThan(500);
  });

  it('do not depend on the way that led there', () => {
    fc.assert(
      fc.property(fc.array(pods, { minLength: 2, maxLength: 5 }), (steps) => {
        const compiler = new Compiler();
        let before: ReturnType<typeof changesOf> = [];
        for (const some of steps) {
          const after = changesOf(worldOf(podsOf(some)));
          const keys = new Set(after.map(({ kind, key }) => `${kind}/${key}`));
          const gone = before
            .filter(({ kind, key }) => !keys.has(`${kind}/${key}`))
            .map(({ kind, key }) => ({ kind, key, object: undefined }));
          compiler.apply([...after, ...gone], now);
          const cold = new Compiler();
          cold.apply(after, now);
          expect(membersOf(compiler)).toEqual(membersOf(cold));
          before = after;
        }
      }),
      { seed: 4, numRuns: 400 },
    );
  });

  it('explains the removal of one that somebody else claims', () => {
    const claim = (name: string): Pod =>
      pod(`shop/${name}`, { uid: name, attachments: [{ network: 'telco/a', addresses: ['10.9.0.1'] }] });
    const compiler = new Compiler();
    compiler.apply(changesOf(worldOf([claim('one')])), now);
    expect(membersOf(compiler)).toEqual(['10.9.0.1']);
    const { ended } = compiler.apply([{ kind: 'Pod', key: 'shop/two', object: claim('two') }], now);
    expect([membersOf(compiler), ended]).toEqual([[], ['10.9.0.1']]);
  });
});
