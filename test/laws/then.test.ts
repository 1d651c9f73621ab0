import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toChanges } from '../../src/core/compile/changes.ts';
import { Compiler } from '../../src/core/compile/compiler.ts';
import type { ObjectAt } from '../../src/core/audit/history.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import { grouped } from '../../src/core/model/grouped.ts';
import { throughPorts } from '../../src/core/text/wording.ts';
import { policiesThen, type PointThen } from '../../src/report/record/policies-then.ts';
import type { FlowSet } from '../../src/verify/flows/flow-set.ts';
import { addressIntervals, portIntervals } from '../../src/verify/flows/intervals.ts';
import { evaluator } from '../../src/verify/perimeter/desired.ts';
import { cluster, times } from './compile-world.ts';
import { flowsOf, livePods, snapshotOf, stateOf, type Flow } from './compile-intent.ts';

/* What is read out of the record is held against a judge of single packets before the state that was recorded. */

/** A device that holds this state, as its record would have it. */
function recorded({ point, groups, rules }: DesiredState): PointThen {
  const object = (fields: Partial<ObjectAt> & Pick<ObjectAt, 'id' | 'kind'>): ObjectAt => ({
    ...{ name: fields.id, title: '', policies: [], rule: undefined, members: new Set(), exact: true },
    ...{ since: times[0], changedAt: times[0], reason: 'first-sync', confirmedAt: times[0], ...fields },
  });
  const held = groups.map(({ id, members }) => object({ kind: 'group', id, members: new Set(members) }));
  const written = rules.map(({ id, action, sources, destination, ports, origin }) => {
    const { kind, namespace, name, uid, generation, field } = origin;
    const policies = [{ kind, namespace, name, uid, generation, field }];
    const rule = {
      action,
      sources: [...sources],
      ports: throughPorts({ ports }),
      destination: { ...destination, names: [...destination.names], networks: [...destination.networks] },
    };
    return object({ kind: 'rule', id, policies, rule });
  });
  const ranks = new Map(written.map((one, rank) => [one, rank]));
  const byId = grouped([...held, ...written].map((one) => [one.id, one] as const));
  return { name: point, state: { byId, rankOf: (one) => ranks.get(one), uncertain: [] } };
}

function setOf({ host, address = '', port, ...flow }: Flow): FlowSet {
  const protocol = protocolOf(flow);
  const single = address.includes(':') ? `${address}/128` : `${address}/32`;
  const to = host === undefined ? { addresses: addressIntervals([single]) } : { name: host, except: [] };
  return { to, ports: portIntervals([{ port, protocol }]) };
}

function protocolOf({ protocol }: Pick<Flow, 'protocol'>): 'TCP' | 'UDP' {
  return protocol === 'UDP' ? 'UDP' : 'TCP';
}

/** What the device said of each flow, and what its record says is the same. */
function judged(desired: DesiredState, src: string, flows: readonly Flow[]): readonly ('Accept' | 'Deny')[] {
  const permits = evaluator(desired);
  const policies = policiesThen([recorded(desired)])({ own: [src], shared: [] });
  return flows
    .filter(({ host, address }) => (host === undefined) !== (address === undefined))
    .map((flow) => {
      const { host, address = '', port } = flow;
      const to = host === undefined ? { dst: address } : { host };
      const expected = permits({ src, ...to, port, protocol: protocolOf(flow) }).action;
      const { verdict, unknown } = policies.judge(setOf(flow));
      expect({ flow, verdict, unknown }).toEqual({ flow, verdict: expected, unknown: undefined });
      return expected;
    });
}

describe('what is on record of a device', () => {
  it('permits what the device permitted', () => {
    const seen = { Accept: 0, Deny: 0 };
    fc.assert(
      fc.property(cluster, (one) => {
        const state = stateOf(one);
        const snapshot = snapshotOf(state);
        const compiler = new Compiler();
        compiler.apply(toChanges(snapshot), times[0]);
        for (const { metadata } of snapshot.enforcementPoints) {
          const desired = compiler.desired(metadata.name);
          if (desired === undefined || desired.defaultAction === 'Accept') continue;
          const sources = livePods(state).flatMap((pod) => pod.addresses.map((src) => ({ pod, src })));
          for (const { pod, src } of sources)
            for (const verdict of judged(desired, src, flowsOf(pod, src))) seen[verdict] += 1;
        }
      }),
      { seed: 11, numRuns: 200 },
    );
    expect(Math.min(seen.Accept, seen.Deny)).toBeGreaterThan(200);
  });
});
