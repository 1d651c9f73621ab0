import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lower } from '../../adapters/network-policy/lower.ts';
import { objectCapabilities } from '../../kit/kubernetes/capabilities.ts';
import { layer } from '../../adapters/network-policy/layer.ts';
import { networkPolicyConfigSchema } from '../../adapters/network-policy/config.ts';
import { wholeObject } from '../../kit/kubernetes/whole.ts';
import { networkPolicyKind } from '../../adapters/network-policy/native.ts';
import { Compiler } from '../../src/core/compile/compiler.ts';
import { changesOf, point } from '../../src/core/compile/testing/builders.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import { istioDefaults } from '../../src/verify/mesh/objects/config.ts';
import { readMesh } from '../../src/verify/mesh/objects/snapshot.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import { flowsOf, intended, livePods, stateOf, type Flow, type State } from './compile-intent.ts';
import { cluster, times } from './compile-world.ts';

const owner = { cluster: 'east' };
const now = times[0];
const edge = point('net', { adapter: 'network-policy', vantage: { type: 'Labels' } });
/** Nothing but what rules permit: what everything needs has tests of its own. */
const config = networkPolicyConfigSchema.parse({ inCluster: 'none' });

/** Reads NetworkPolicies as Kubernetes does; shares nothing with what writes them. */
function judgeOf(resources: readonly Resource[], state: State): (flow: Flow) => string {
  const namespaces = new Set([
    ...state.namespaces.keys(),
    ...[...state.pods.values()].map(({ namespace }) => namespace),
  ]);
  const objects = [...namespaces].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...state.namespaces.get(name)?.labels, 'kubernetes.io/metadata.name': name } },
  }));
  const policies = resources.map((resource) =>
    wholeObject(layer.toObject(resource), networkPolicyKind, 'v1', { owner, point: 'net' }),
  );
  const { judge } = evaluateMesh(readMesh([...objects, ...policies], istioDefaults));
  return ({ pod: { namespace, labels, serviceAccount }, address = '', port, protocol }) =>
    judge(
      { namespace, podLabels: labels, serviceAccount, meshed: 'none' },
      { address, port, protocol: protocol === 'UDP' ? 'UDP' : 'TCP' },
    ).verdict;
}

describe('NetworkPolicies', () => {
  it('permit no flow to an address that the intent denies, and all it accepts unless a loss says otherwise', () => {
    fc.assert(
      fc.property(cluster, (changes) => {
        const all = [...changes, ...changesOf({ enforcementPoints: [edge] })];
        const compiler = new Compiler();
        compiler.apply(all, now);
        const desired = compiler.desired('net')!;
        const { resources, losses } = lower(desired, { owner, config, capabilities: objectCapabilities });
        const state = stateOf(all);
        const judge = judgeOf(resources, state);
        const closed = new Set(desired.namespaces);
        const told = losses.some(({ effect }) => effect === 'rejected' || effect === 'narrowed');
        const narrowed = told || compiler.problems().some(({ code }) => code === 'pass-narrowed');
        for (const pod of livePods(state)) {
          if (!closed.has(pod.namespace)) continue; // of this namespace nothing is known: it cannot be closed
          for (const flow of flowsOf(pod, '').filter(({ host }) => host === undefined)) {
            const wanted = intended(state, 'net', flow, now);
            if (wanted === 'Deny') expect(judge(flow)).toBe('Deny');
            else if (!narrowed) expect(judge(flow)).toBe('Accept');
          }
        }
      }),
      { seed: 9, numRuns: 600 },
    );
  });
});
