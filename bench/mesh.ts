import { istio } from '../adapters/istio/adapter.ts';
import { istioConfigSchema } from '../adapters/istio/config.ts';
import type { LowerContext } from '../src/adapter/adapter.ts';
import { toChanges } from '../src/core/compile/changes.ts';
import { Compiler } from '../src/core/compile/compiler.ts';
import { checkMesh } from '../src/verify/mesh/checks/check-mesh.ts';
import { istioDefaults } from '../src/verify/mesh/objects/config.ts';
import { readMesh } from '../src/verify/mesh/objects/snapshot.ts';
import type { DesiredState } from '../src/core/model/desired.ts';
import type { Snapshot } from '../src/core/model/snapshot.ts';
import { diff } from '../src/core/plan/diff.ts';
import { aNamespace, aPoint, aPolicy, aSnapshot } from '../test/kit/builders.ts';
import { reference, row, type Row } from './row.ts';

const now = '2026-06-01T00:00:00Z';
const hosts = 1_000;
const namespaces = 200;
/** How many hosts each namespace may reach. */
const share = 25;

const config = istioConfigSchema.parse({ gateway: { ports: { '80': 8080, '443': 8443 } } });
const context: LowerContext<typeof config> = {
  config,
  capabilities: istio.capabilities,
  owner: { cluster: 'bench' },
};

/** A large mesh behind one egress gateway: what lowering it costs, what one policy touches, what checking it costs. */
export function benchMesh(): Row[] {
  const compiler = new Compiler();
  compiler.apply(toChanges(company()), now);
  const desired = desiredOf(compiler);
  istio.lower(desired, context);
  const [lowered, lowering] = timed(() => istio.lower(desired, context));
  compiler.apply(toChanges({ ...aSnapshot(), egressPolicies: [policyOf(7, share - 1)] }), now);
  const after = istio.lower(desiredOf(compiler), context);
  const { changes } = diff(after.resources, lowered.resources);
  const objects = istio.inMesh?.objects(lowered.resources) ?? [];
  const all = [...objects, ...(istio.inMesh?.syntheticObjects?.(config, objects) ?? []), ...spaces().map(asObject)];
  const [mesh, reading] = timed(() => readMesh(all, { ...istioDefaults, outboundTrafficPolicy: 'REGISTRY_ONLY' }));
  const [, checking] = timed(() => checkMesh(mesh));
  return [
    row(`lower for Istio, ${hosts} hosts, ${namespaces} namespaces`, lowering, 's', 2),
    reference('objects of the mesh', objects.length, 'objects'),
    // A host that a namespace loses: its entry, its routes and its policy; or all of them with its last user.
    row('objects that one host less in one policy touches', changes.length, 'objects', 8),
    row('read the mesh back', reading, 's', 5),
    row('check the mesh', checking, 's', 10),
  ];
}

function timed<T>(work: () => T): readonly [T, number] {
  const started = performance.now();
  const result = work();
  return [result, (performance.now() - started) / 1e3];
}

function desiredOf(compiler: Compiler): DesiredState {
  const desired = compiler.desired('mesh');
  if (desired === undefined) throw new Error('There is no point.');
  return desired;
}

function company(): Snapshot {
  return aSnapshot({
    namespaces: spaces(),
    egressPolicies: Array.from({ length: namespaces }, (_, index) => policyOf(index, share)),
    enforcementPoints: [aPoint({ adapter: 'istio', vantage: { type: 'Identity' } }, { name: 'mesh' })],
  });
}

function spaces(): Snapshot['namespaces'] {
  return Array.from({ length: namespaces }, (_, index) => aNamespace(`team-${index}`));
}

/** Neighbours have hosts in common: each host has five namespaces that may reach it. */
function policyOf(index: number, count: number): Snapshot['egressPolicies'][number] {
  const to = Array.from({ length: count }, (_, at) => ({
    domainNames: [`host-${(index * 5 + at) % hosts}.example.com`],
    ports: [{ port: 443, appProtocol: 'tls' as const }],
  }));
  const metadata = { name: 'out', namespace: `team-${index}`, uid: `policy-${index}` };
  return aPolicy({ subject: { serviceAccounts: ['app'] }, to }, metadata);
}

function asObject({ name, labels }: Snapshot['namespaces'][number]): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}
