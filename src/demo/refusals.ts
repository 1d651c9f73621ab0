import { enforcementPointSchema } from '../api/enforcement-point.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import { apiVersion } from '../api/meta.ts';
import type { Pod, Snapshot } from '../core/model/snapshot.ts';
import { writtenLayers } from '../inspect/layers/read.ts';
import { findPod, flowIn } from '../verify/why/question.ts';
import { because, place, targetOf } from '../verify/why/sentence.ts';
import type { Question, Step } from '../verify/why/step.ts';
import { whyOf } from '../verify/why/why.ts';
import type { Firewall } from './firewalls.ts';
import type { Stage } from './stage.ts';

/** Who asks for what: each is stopped by another layer. */
const flows: readonly (readonly [who: string, to: string])[] = [
  ['shop/web', 'github.com:443'],
  ['shop/checkout-bare', 'smtp.mail.example:587'],
  ['office/wiki', '203.0.113.0:5432'],
];

/** A flow, and the layer that stops it. */
interface Refusal extends Pick<Question, 'pod' | 'flow'> {
  /** Undefined: no layer stops it. */
  readonly by: Step | undefined;
}

/** The same company once more, with a mesh and network policies in front of a firewall: who stops what, as `why` says it. */
export async function showRefusals({ cluster, firewalls, clock, write, paint }: Stage): Promise<void> {
  const [firewall] = firewalls;
  if (firewall === undefined) return;
  write(
    paint(
      '\nDenied, by which layer: the shop and the build join a mesh, and network policies keep them in it',
      'strong',
    ),
  );
  write(paint('   look: three layers, and each names the object that stops the flow', 'dim'));
  for (const refusal of await refusalsOf(cluster.snapshot(), firewall, clock)) {
    const { pod, flow, by } = refusal;
    const what = targetOf(pod, flow);
    if (by === undefined) write(paint(`   ! ${what} is not stopped`, 'bad'));
    else write(`   ${what} is stopped ${paint(place(by), 'strong')}: ${because(by)}`);
    if (by?.layer === 'perimeter') write(`   ${triedAt(firewall, refusal, paint)}`);
  }
}

/** What the layers say of the flows, without those who only wish: the intent stops nothing by itself. */
async function refusalsOf(
  company: Snapshot,
  { point }: Pick<Firewall, 'point'>,
  clock: Stage['clock'],
): Promise<readonly Refusal[]> {
  const snapshot = inMesh(company, point);
  const intent = { snapshot, problems: [], foreignObjects: [], cluster: 'demo' };
  const { layers, points } = await writtenLayers(intent, {}, { clock });
  return flows.map(([who, to]) => {
    const asked = { pod: findPod(layers.snapshot, who), flow: flowIn(to) };
    const why = whyOf(layers, { ...asked, points, live: false });
    return {
      ...asked,
      by: why.layers.find(({ layer, verdict }) => !['intent', 'dns'].includes(layer) && verdict === 'Deny'),
    };
  });
}

/** The packet itself, decided by the tables of the firewall. */
function triedAt({ title, device }: Firewall, { pod, flow }: Refusal, paint: Stage['paint']): string {
  const { host, address: dst, port } = flow;
  const [src = ''] = pod.addresses;
  const { action, rule } = device.verdict({ src, ...(host && { host }), ...(dst && { dst }), port, protocol: 'TCP' });
  const said = `the packet at the ${title}: ${action} (${rule})`;
  return action === 'Deny' ? paint(`  ${said}`, 'dim') : paint(`! ${said}`, 'bad');
}

/** With a pod of the checkout that has no sidecar, and so walks past the mesh. */
function inMesh(company: Snapshot, firewall: string): Snapshot {
  const kept = company.enforcementPoints.filter(({ metadata }) => metadata.name === firewall);
  const bare: Pod = {
    ...findPod(company, 'shop/checkout'),
    ...{ uid: 'checkout-bare', name: 'checkout-bare', addresses: ['10.20.9.41'] },
    labels: { app: 'checkout', 'sidecar.istio.io/inject': 'false' },
  };
  return { ...company, pods: [...company.pods, bare], enforcementPoints: [...kept, ...pointsInCluster] };
}

const gateway = { namespace: 'istio-egress', labels: { istio: 'egressgateway' } };
const ports = { 443: 8443, 587: 8587 };
const pointsInCluster: readonly EnforcementPoint[] = [
  pointInCluster('mesh', 'istio', 'Identity', {
    gateway: { namespace: gateway.namespace, selector: gateway.labels, ports },
  }),
  pointInCluster('network', 'network-policy', 'Labels', {
    ...{ mesh: 'sidecar', direct: false },
    gateways: [{ ...gateway, ports: Object.values(ports) }],
  }),
];

function pointInCluster(name: string, adapter: string, type: string, config: object): EnforcementPoint {
  const joined = { key: 'kubernetes.io/metadata.name', operator: 'In', values: ['shop', 'build'] };
  return enforcementPointSchema.parse({
    ...{ apiVersion, kind: 'EnforcementPoint', metadata: { name, uid: name, generation: 1 } },
    spec: { adapter, mode: 'Enforce', vantage: { type }, namespaceSelector: { matchExpressions: [joined] }, config },
  });
}
