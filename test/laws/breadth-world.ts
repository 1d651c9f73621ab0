import { parseObject, type PosternObject } from '../../src/api/parse.ts';
import * as build from '../../src/core/compile/testing/builders.ts';
import type { Manifest, Thinned, Value } from '../kit/thinned-objects.ts';
import { flowsOf, intended, stateOf } from './compile-intent.ts';

/* A small world around one object, and what is permitted there: read from the objects by the plainest code there is. */

const now = '2026-01-15T00:00:00Z';
const everywhere = { networks: ['0.0.0.0/0', '::/0'], allPorts: true as const };
const pods = [
  build.pod('red/p1', { labels: { a: '1' }, addresses: ['10.0.0.1'] }),
  build.pod('red/p2', { labels: { a: '1', b: '2' }, serviceAccount: 'runner', addresses: ['10.0.0.2'] }),
  build.pod('red/p3', { labels: {}, addresses: ['10.0.0.3'] }),
  build.pod('blue/p1', { labels: { a: '2', b: '1' }, serviceAccount: 'runner', addresses: ['10.0.0.4'] }),
];
const namespaces = [build.namespace('red', { a: '1' }), build.namespace('blue', { a: '2', b: '1' })];
const usual = build.service('s1', {
  domainNames: ['a.test'],
  networks: ['203.0.113.0/24'],
  allPorts: true,
  allNamespaces: true,
});
const uses = ['red', 'blue'].map((name) => build.policy(`${name}/uses`, { to: [{ externalService: 's1' }] }));
const open = ['red', 'blue'].map((name) => build.policy(`${name}/open`, { to: [everywhere] }));

/** The flows that are permitted where the object is among others: one world denies the rest, in the other teams accept everything. */
export function permitted(object: PosternObject): ReadonlySet<string> {
  const flows = new Set<string>();
  for (const others of [[], open]) {
    const egressPolicies = [...others, ...(object.kind === 'ExternalService' ? uses : [])];
    const state = stateOf(
      build.changesOf({
        pods,
        namespaces,
        enforcementPoints: [build.point('edge')],
        externalServices: object.kind === 'ExternalService' ? [object] : [usual],
        egressPolicies: object.kind === 'EgressPolicy' ? [...egressPolicies, object] : egressPolicies,
        clusterEgressPolicies: object.kind === 'ClusterEgressPolicy' ? [object] : [],
      }),
    );
    for (const pod of pods) {
      for (const flow of flowsOf(pod, pod.addresses[0] ?? '')) {
        if (intended(state, 'edge', flow, now) !== 'Accept') continue;
        const { host, address, port, protocol } = flow;
        flows.add([others.length, pod.namespace, pod.name, host, address, port, protocol].join(' '));
      }
    }
  }
  return flows;
}

export function accepted(manifest: Manifest): PosternObject | undefined {
  const parsed = parseObject(manifest);
  return 'object' in parsed ? parsed.object : undefined;
}

/** What decision 12 says it does not hold: a condition beside others that narrow with it, and two words of a port. */
export function isKnown({ spec }: Manifest, { path }: Thinned): boolean {
  const name = String(path.at(-1));
  if (['protocol', 'endPort'].includes(name)) return true;
  const parent = path.slice(1, -1).reduce<Value>((value, step) => (value as Record<string, Value>)[step] ?? null, spec);
  const beside = Object.keys(parent ?? {}).filter((key) => key !== name);
  const narrowing: Readonly<Record<string, readonly string[]>> = {
    matchLabels: ['matchExpressions'],
    matchExpressions: ['matchLabels'],
    podSelector: ['serviceAccounts'],
    serviceAccounts: ['podSelector'],
    ports: ['externalService'],
  };
  if (path.at(-2) === 'matchLabels') return beside.length > 0;
  return beside.some((key) => narrowing[name]?.includes(key));
}
