import type { Snapshot } from '../../core/model/snapshot.ts';
import type { Layers } from '../layers.ts';
import { evaluateMesh } from '../mesh/evaluate.ts';
import { hasEnded } from '../values/pods.ts';
import { clientOf, clusterStep } from './cluster-step.ts';
import { targetOf } from './sentence.ts';
import type { AskedFlow, Question, Step, Why } from './step.ts';

/** Who in the cluster has the address that was asked about, `pod shop/db`; undefined: nobody. */
export function whoHas({ snapshot, mesh }: Layers, { address }: AskedFlow): string | undefined {
  if (address === undefined) return undefined;
  const service = mesh?.services.find(({ clusterIP }) => clusterIP === address);
  return inSnapshot(snapshot, address) ?? (service && `Service ${service.namespace}/${service.name}`);
}

function inSnapshot({ pods, nodes }: Snapshot, address: string): string | undefined {
  const pod = pods.find((one) => !one.hostNetwork && !hasEnded(one) && one.addresses.includes(address));
  if (pod) return `pod ${pod.namespace}/${pod.name}`;
  const node = nodes.find(({ addresses }) => addresses.includes(address));
  return node && `node ${node.name}`;
}

/** A flow that stays in the cluster: no perimeter meets it, and no egress policy speaks of it. */
export function withinCluster({ mesh }: Layers, { pod, flow }: Question, whom: string): Omit<Why, 'restsOn'> {
  const { host, address, port, protocol } = flow;
  const client = { ...clientOf(pod), meshed: 'none' } as const;
  const answer = mesh && evaluateMesh(mesh).judge(client, { host, address, port, protocol });
  const open: Step = {
    layer: 'network-policy',
    point: null,
    verdict: 'Accept',
    rule: '',
    reason: 'there are no network policies',
  };
  const steps = answer?.steps.map((step) => clusterStep(step, null)) ?? [open];
  const { verdict, rule, reason, advice } = steps.at(-1) ?? open;
  const fate = { Accept: 'may be opened', Deny: 'is stopped', Unknown: 'may or may not be stopped' }[verdict];
  const by = [rule, reason].filter((part) => part !== '').join(' ');
  const what = `${targetOf(pod, flow)} goes to ${whom} and stays in the cluster`;
  const sentence = `${what}; it ${fate}, for ${by}${advice === undefined ? '' : `; ${advice}`}. Ingress rules of the destination are not evaluated.`;
  return { verdict, policy: null, tier: 'Default', layers: steps, sentence };
}
