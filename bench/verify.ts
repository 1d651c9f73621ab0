import { layersOf, writtenPoint, type ReadPoint } from '../src/layers/layers.ts';
import { emptyDevices } from '../src/inspect/devices.ts';
import { toChanges } from '../src/core/compile/changes.ts';
import { Compiler } from '../src/core/compile/compiler.ts';
import type { Snapshot } from '../src/core/model/snapshot.ts';
import { consistencyOf } from '../src/verify/compare/consistency.ts';
import type { Layers } from '../src/verify/layers.ts';
import { whyOf } from '../src/verify/why/why.ts';
import { reference, row, type Row } from './row.ts';
import { companyOf } from './worlds/verify-company.ts';

const now = '2026-06-01T00:00:00Z';
const foreign = 2_000;
const size = { pods: 10_000, namespaces: 50, services: 300 };

/** Holding every layer against the others, and walking one flow through them, in a company of ten thousand pods. */
export async function* benchVerify(): AsyncIterable<Row> {
  const company = companyOf(size);
  const layers = await layersIn(company);
  const what = `${size.pods} pods, ${size.services} services, intent, mesh and firewall`;
  const { cpu, wall, result } = timed(() => consistencyOf(layers));
  const { consistent, classes } = result;
  if (!consistent) throw new Error('these layers agree, and verify says that they do not');
  yield row(`verify ${what}, CPU`, cpu, 's', 5);
  yield reference(`verify ${what}`, wall, 's');
  yield reference('verify classes of flows', classes, '');
  const [pod] = layers.snapshot.pods;
  if (pod === undefined) throw new Error('there is no pod');
  const flow = { host: 'api-7.example.com', port: 443, protocol: 'TCP' } as const;
  const first = timed(() => whyOf(layers, { pod, flow, points: [], live: false }));
  yield row(`why, ${what}, CPU`, first.cpu * 1e3, 'ms', 200);
  yield reference(`why, ${what}`, first.wall * 1e3, 'ms');
  const among = await layersIn(company, foreignPolicies(company));
  // In turn, since garbage of one is collected in the time of the other.
  let [more, less] = [0, 0];
  for (let round = 0; round < 4; round += 1) {
    const beside = timed(() => consistencyOf(among));
    if (beside.result.classes < classes) throw new Error('policies of others cost comparisons');
    more += beside.cpu;
    less += timed(() => consistencyOf(layers)).cpu;
  }
  yield row(`verify beside ${foreign} policies of others, times as long`, more / less, 'x', 1.5);
}

/** In seconds: the CPU of all threads, and the wall clock, which on a machine with other work measures that too. */
function timed<T>(task: () => T): { readonly cpu: number; readonly wall: number; readonly result: T } {
  const [began, started] = [performance.now(), process.cpuUsage()];
  const result = task();
  const { user, system } = process.cpuUsage(started);
  return { cpu: (user + system) / 1e6, wall: (performance.now() - began) / 1e3, result };
}

/** As many applications that are none of ours have policies of their own, every other one of the whole cluster. */
function foreignPolicies({ namespaces }: Snapshot): readonly unknown[] {
  return Array.from({ length: foreign }, (_, i) => ({
    apiVersion: 'cilium.io/v2',
    ...(i % 2 === 0
      ? { kind: 'CiliumClusterwideNetworkPolicy', metadata: { name: `theirs-${i}` } }
      : {
          kind: 'CiliumNetworkPolicy',
          metadata: { name: `theirs-${i}`, namespace: namespaces[i % namespaces.length]?.name },
        }),
    spec: { endpointSelector: { matchLabels: { app: `theirs-${i}` } }, egress: [{ toCIDR: [`10.${i % 200}.0.0/16`] }] },
  }));
}

async function layersIn(snapshot: Snapshot, objects: readonly unknown[] = []): Promise<Layers> {
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), now);
  const find = emptyDevices('bench');
  const points: ReadPoint[] = [];
  for (const point of snapshot.enforcementPoints) {
    const desired = compiler.desired(point.metadata.name);
    if (desired) points.push(writtenPoint(point, desired, await find(point)));
  }
  const remaining = (time: string): number => Date.parse(time) - Date.parse(now);
  return layersOf({ snapshot, remaining, points, mesh: { objects }, complete: false });
}
