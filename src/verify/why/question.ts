import { canonicalAddress } from '../../net/address.ts';
import { canonicalName } from '../../net/name.ts';
import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { similarTo } from '../../api/similar.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { isLive } from '../values/pods.ts';
import type { AskedFlow } from './step.ts';

const protocols: Readonly<Record<string, AskedFlow['protocol']>> = { udp: 'UDP', sctp: 'SCTP', icmp: 'ICMP' };

/** `api.stripe.com:443`, `203.0.113.7:5432`, `[2001:db8::1]:443`, each with `/udp`, `/sctp` or `/icmp` where it is not TCP. @throws UsageError */
export function flowIn(text: string): AskedFlow {
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

/** As kubectl takes them: in any case, in the plural, or short. */
const shortKinds: Readonly<Record<string, string>> = {
  deploy: 'deployment',
  sts: 'statefulset',
  ds: 'daemonset',
  rs: 'replicaset',
  cj: 'cronjob',
};

function isKind(given: string, workload: string): boolean {
  const kind = workload.slice(0, workload.indexOf('/')).toLowerCase();
  const asked = given.toLowerCase();
  return [kind, `${kind}s`].includes(shortKinds[asked] ?? asked);
}

/** What stands between a pod and its top controller, as the controllers name pods: `db` before `db-0`, and what Knative labels. */
function isUnder(kind: string, own: string, { name, labels }: Pod): boolean {
  if (labels['serving.knative.dev/service'] === own) return kind === '' || isKind(kind, 'Service/');
  if (!name.startsWith(`${own}-`)) return false;
  const rest = name.slice(own.length + 1);
  const isOrdinal = /^\d{1,5}$/.test(rest) && (kind === '' || isKind(kind, 'StatefulSet/'));
  const isRandom = /^[bcdf-hj-np-tv-xz2456789]{5}$/.test(rest);
  return (
    isOrdinal || (isRandom && (kind === '' || ['ReplicaSet/', 'Job/', 'DaemonSet/'].some((one) => isKind(kind, one))))
  );
}

/** By its name, or one of the pods of a workload: `shop/checkout-7d9f-x2x`, `shop/Deployment/checkout`, `shop/checkout`. @throws UsageError */
export function findPod({ pods }: Snapshot, who: string): Pod {
  const slash = who.indexOf('/');
  const [namespace, name] = [who.slice(0, slash), who.slice(slash + 1)];
  const there = pods.filter((pod) => pod.namespace === namespace);
  const [kind, own] = name.includes('/') ? (name.split('/') as [string, string]) : ['', name];
  const isOfWorkload = ({ workload }: Pod): boolean =>
    kind === '' ? workload.endsWith(`/${own}`) : isKind(kind, workload) && workload.endsWith(`/${own}`);
  const found =
    there.find((pod) => pod.name === (/^pods?$|^po$/i.test(kind) ? own : name)) ??
    there.filter(isLive).find(isOfWorkload) ??
    there.find(isOfWorkload) ??
    there.filter(isLive).find((pod) => isUnder(kind, own, pod));
  if (found) return found;
  const names = [...new Set(there.map(({ workload }) => workload.slice(workload.indexOf('/') + 1)))];
  const meant = similarTo(own, names);
  const known =
    names.length === 0
      ? `namespace ${namespace} has no pods`
      : meant !== undefined
        ? `did you mean ${meant}?`
        : `there are: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', ...' : ''}`;
  throw new UsageError(`there is no pod or workload "${name}" in namespace ${namespace}; ${known}`);
}
