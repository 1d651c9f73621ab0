import { canonicalAddress } from '../../core/net/address.ts';
import { canonicalName } from '../../core/net/name.ts';
import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { syntheticPod } from '../../core/model/pods.ts';
import type { AskedFlow, Step, Why } from '../../verify/why/step.ts';
import { whyOf } from '../../verify/why/why.ts';
import { exitFor, painter, writeJson, writeProblems, type ExitCode, type Io } from '../io.ts';
import type { Paint } from '../../core/text/paint.ts';
import { isLive } from '../../core/model/pods.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { readLayers, type LayersOptions } from '../../inspect/layers/read.ts';

export interface WhyOptions extends LayersOptions {
  readonly output: 'text' | 'json';
  /** `namespace/name`, instead of a pod. */
  readonly fromServiceaccount?: string;
}

/** Walks one flow through every layer and says what stops it, or what lets it out. Writes nothing, nowhere. */
export async function why(args: readonly string[], options: WhyOptions, io: Io): Promise<ExitCode> {
  const { who, flow } = question(args, options.fromServiceaccount);
  const { layers, points, left, problems } = await readLayers({ ...options, enforcing: true }, io);
  const { snapshot } = layers;
  const pod = options.fromServiceaccount === undefined ? findPod(snapshot, who) : podOf(snapshot, who);
  const watching = left.flatMap(({ name }) =>
    snapshot.enforcementPoints.filter(({ metadata }) => metadata.name === name),
  );
  const nothing = { groups: [], rules: [] };
  const answer = whyOf(layers, {
    pod,
    flow,
    live: options.live === true,
    points: [...points, ...watching.map((point) => ({ point, desired: nothing }))],
  });
  if (options.output === 'json') writeJson(answer, io);
  else {
    writeProblems(problems, io);
    io.out.write(text(answer, painter(io.out, io.environment)));
  }
  return exitFor(problems);
}

interface Asked {
  /** `namespace/name` */
  readonly who: string;
  readonly flow: AskedFlow;
}

function question(args: readonly string[], account: string | undefined): Asked {
  const wanted = account === undefined ? 2 : 1;
  if (args.length !== wanted) {
    throw new UsageError('ask `why NAMESPACE/POD HOST:PORT`, or `why HOST:PORT --from-serviceaccount NAMESPACE/NAME`');
  }
  const who = account ?? args[0] ?? '';
  if (!/^[^/]+\/.+$/.test(who)) throw new UsageError(`"${who}" is not NAMESPACE/NAME`);
  return { who, flow: flowIn(args[wanted - 1] ?? '') };
}

const protocols: Readonly<Record<string, AskedFlow['protocol']>> = { udp: 'UDP', sctp: 'SCTP', icmp: 'ICMP' };

/** `api.stripe.com:443`, `203.0.113.7:5432`, `[2001:db8::1]:443`, each with `/udp`, `/sctp` or `/icmp` where it is not TCP. */
function flowIn(text: string): AskedFlow {
  const [, bracketed, plain, digits = '', transport = 'tcp'] =
    /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})(?:\/(tcp|udp|sctp|icmp))?$/i.exec(text) ?? [];
  const where = destinationIn(bracketed, plain);
  const port = Number(digits);
  const protocol = protocols[transport.toLowerCase()] ?? 'TCP';
  if (where === undefined || (port < 1 && protocol !== 'ICMP') || port > 65535) {
    throw new UsageError(
      `"${text}" is not HOST:PORT: a name or an address, an IPv6 address in brackets, and a port; /udp and /sctp for those, and TYPE/icmp`,
    );
  }
  return { ...where, port, protocol };
}

function destinationIn(bracketed: string | undefined, plain = ''): { host: string } | { address: string } | undefined {
  const address = canonicalAddress(bracketed ?? plain);
  if (address !== undefined) return { address };
  const host = bracketed === undefined ? canonicalName(plain) : undefined;
  return host === undefined || host.startsWith('*') ? undefined : { host };
}

/** By its name, or one of the pods of a workload: `shop/checkout-7d9f-x2x`, `shop/Deployment/checkout`, `shop/checkout`. */
function findPod({ pods }: Snapshot, who: string): Pod {
  const slash = who.indexOf('/');
  const [namespace, name] = [who.slice(0, slash), who.slice(slash + 1)];
  const there = pods.filter((pod) => pod.namespace === namespace);
  const isOfWorkload = ({ workload }: Pod): boolean => workload === name || workload.endsWith(`/${name}`);
  const found =
    there.find((pod) => pod.name === name) ?? there.filter(isLive).find(isOfWorkload) ?? there.find(isOfWorkload);
  if (found) return found;
  const some = there.slice(0, 5).map((pod) => pod.name);
  const known =
    some.length === 0
      ? `namespace ${namespace} has no pods`
      : `there are: ${some.join(', ')}${there.length > 5 ? ', ...' : ''}`;
  throw new UsageError(`there is no pod or workload "${name}" in namespace ${namespace}; ${known}`);
}

/** A pod under the ServiceAccount, or what one without labels and address would be. */
function podOf({ pods }: Snapshot, who: string): Pod {
  const [namespace = '', serviceAccount = ''] = who.split('/');
  const there = pods.find((pod) => pod.namespace === namespace && pod.serviceAccount === serviceAccount);
  return (
    there ??
    syntheticPod({
      uid: '',
      namespace,
      name: `a pod under ${serviceAccount}`,
      labels: {},
      serviceAccount,
      workload: `ServiceAccount/${serviceAccount}`,
    })
  );
}

function text({ layers, sentence, verdict, restsOn }: Why, paint: Paint): string {
  const names = layers.map(({ layer, point }) => (point === null ? layer : `${layer} ${point}`));
  const width = Math.max(...names.map((name) => name.length));
  const lines = layers.map((step, at) => line(step, (names[at] ?? '').padEnd(width), paint));
  const bases = paint(`  rests on ${restsOn.join('; ')}`, 'dim');
  return `${lines.join('\n')}\n${bases}\n\n${paint(sentence, meanings[verdict])}\n`;
}

const signs = { Accept: ['lets', 'good'], Deny: ['stops', 'bad'], Unknown: ['may', 'warn'] } as const;
const meanings = { Accept: 'good', Deny: 'bad', Unknown: 'warn' } as const;

function line({ layer, verdict, rule, reason }: Step, name: string, paint: Paint): string {
  const [word, meaning] = layer === 'source' && verdict === 'Accept' ? (['meets', 'dim'] as const) : signs[verdict];
  const sign = paint(word.padEnd(5), meaning);
  return `  ${paint(name, 'strong')}  ${sign}  ${rule === '' ? '' : `${rule}: `}${reason}`;
}
