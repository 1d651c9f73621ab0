import type { Snapshot } from '../../core/model/snapshot.ts';
import type { Layers } from '../layers.ts';
import type { NetworkCluster } from '../network/ends/cluster.ts';
import type { ServiceBehind } from '../network/ends/services.ts';
import { hasEnded } from '../values/pods.ts';
import { clientOf, clusterStep } from './cluster-step.ts';
import { targetOf } from './sentence.ts';
import type { AskedFlow, LayersOnce, Question, Step, Why } from './step.ts';

/** Where a flow to an address of the cluster goes. */
export interface Within {
  /** `pod shop/db` */
  readonly whom: string;
  /** The flow with the address that was meant. */
  readonly flow: AskedFlow;
  /** What leaves the cluster, to the endpoints of a Service that are all outside; empty: the flow stays. */
  readonly onward: readonly AskedFlow[];
}

/** Who in the cluster has the address, or is the Service of the name, that was asked about; undefined: nobody. */
export function whoHas(layers: Layers, flow: AskedFlow): Within | undefined {
  const { snapshot, cluster } = layers;
  const { host, port, protocol } = flow;
  const named = host === undefined ? undefined : serviceNamed(layers, host);
  if (named?.externalName !== undefined) {
    const meant = { host: named.externalName, port, protocol };
    // An alias of an alias is not followed: there may be a circle of them.
    const isAlias = serviceNamed(layers, meant.host)?.externalName !== undefined;
    return (isAlias ? undefined : whoHas(layers, meant)) ?? { whom: nameOf(named), flow, onward: [meant] };
  }
  if (named?.clusterIP === 'None') return cluster && behindHeadless(cluster(), named, flow);
  const address = flow.address ?? named?.clusterIP;
  if (address === undefined) return undefined;
  const whom = inSnapshot(snapshot, address);
  if (whom !== undefined) return { whom, flow, onward: [] };
  return cluster && behindService(cluster(), { ...flow, address });
}

/** `db.shop`, `db.shop.svc`, `db.shop.svc.cluster.local`: the resolvers of pods try those of the cluster first. */
function serviceNamed({ cluster, mesh }: Layers, host: string): ServiceBehind | undefined {
  const suffix = `.svc.${mesh?.config.domainSuffix ?? 'cluster.local'}`;
  const short = host.endsWith(suffix) ? host.slice(0, -suffix.length) : host.replace(/\.svc$/, '');
  const [, name, namespace] = /^([a-z0-9-]+)\.([a-z0-9-]+)$/.exec(short) ?? [];
  return name === undefined || namespace === undefined ? undefined : cluster?.().service(namespace, name);
}

function nameOf({ namespace, name }: ServiceBehind): string {
  return `Service ${namespace}/${name}`;
}

/** A ClusterIP is the cluster's on every port, another address of a Service on its ports alone. */
function behindService(cluster: NetworkCluster, flow: AskedFlow & { readonly address: string }): Within | undefined {
  const { address, port, protocol } = flow;
  const service = cluster.serviceAt(address, { port, protocol });
  const isServed = service?.ports.some((one) => one.port === port && one.protocol === protocol) === true;
  if (service === undefined || !(isServed || service.clusterIP === address)) return undefined;
  const reached = cluster.endsOf(address, { port, protocol });
  const onward = reached.flatMap(({ end, wire }): readonly AskedFlow[] =>
    end.kind === 'outside' && end.address !== undefined && end.address !== address
      ? [{ address: end.address, port: wire.port, protocol }]
      : [],
  );
  return { whom: nameOf(service), flow, onward: onward.length === reached.length ? onward : [] };
}

/** Its name has the addresses of its endpoints. */
function behindHeadless(cluster: NetworkCluster, service: ServiceBehind, flow: AskedFlow): Within {
  const { port, protocol } = flow;
  const ends = cluster.behind(service);
  const onward = ends.flatMap((end): readonly AskedFlow[] =>
    end.kind === 'outside' && end.address !== undefined ? [{ address: end.address, port, protocol }] : [],
  );
  const [address] = ends.flatMap((end) => (end.kind === 'pod' ? (end.addresses ?? []) : (end.address ?? [])));
  const meant = address === undefined ? flow : { ...flow, address };
  return { whom: nameOf(service), flow: meant, onward: onward.length === ends.length ? onward : [] };
}

function inSnapshot({ pods, nodes }: Snapshot, address: string): string | undefined {
  const pod = pods.find((one) => !one.hostNetwork && !hasEnded(one) && one.addresses.includes(address));
  if (pod) return `pod ${pod.namespace}/${pod.name}`;
  const node = nodes.find(({ addresses }) => addresses.includes(address));
  return node && `node ${node.name}`;
}

/** A flow that stays in the cluster: no perimeter meets it, and no egress policy speaks of it. */
export function withinCluster({ evaluator }: LayersOnce, { pod, flow }: Question, whom: string): Omit<Why, 'restsOn'> {
  const { host, address, port, protocol } = flow;
  const client = { ...clientOf(pod), meshed: 'none' } as const;
  const answer = evaluator?.().judge(client, { host, address, port, protocol });
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
