import { chunks } from '../core/model/chunks.ts';
import type { Pod } from '../core/model/snapshot.ts';
import { grouped } from '../core/model/grouped.ts';
import { compareText } from '../api/problem.ts';
import type { SeenDestination, SeenWorkload } from './flows.ts';
import { subjectOf, type ChosenSubject } from './subject.ts';

/** One entry of `spec.to`, and what it rests on. */
export interface SuggestedEntry {
  readonly domainNames?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports: readonly { readonly port: number; readonly protocol: 'TCP' | 'UDP' }[];
  readonly seen: readonly SeenDestination[];
}

/** An EgressPolicy that permits what a workload was seen to do, and nothing else. */
export interface SuggestedPolicy extends ChosenSubject {
  readonly namespace: string;
  readonly name: string;
  readonly workload: string;
  readonly to: readonly SuggestedEntry[];
}

/** As many as the lists of an entry of `spec.to` take. */
const most = { networks: 50, domainNames: 10, ports: 64 } as const;
/** As many as `spec.to` takes; what is more goes into another policy. */
const mostEntries = 100;

/** Least policies, in the order of their names. */
export function policiesFor(workloads: readonly SeenWorkload[], pods: readonly Pod[]): readonly SuggestedPolicy[] {
  const named = new Map<string, number>();
  return [...workloads].sort(byName).flatMap((seen) => {
    const chosen = subjectOf(pods, seen);
    return chunks(entriesOf([...seen.destinations.values()]), mostEntries).map((to): SuggestedPolicy => {
      const name = nameFor(seen, named);
      return { ...chosen, namespace: seen.namespace, name, workload: seen.workload, to };
    });
  });
}

function byName(a: SeenWorkload, b: SeenWorkload): number {
  return (
    compareText(a.namespace, b.namespace) ||
    compareText(a.workload, b.workload) ||
    compareText(a.serviceAccount, b.serviceAccount)
  );
}

/** Destinations with the same ports share an entry: exactly those pairs were seen, never the product of two. */
function entriesOf(seen: readonly SeenDestination[]): readonly SuggestedEntry[] {
  const byTarget = [...grouped(seen.map((one) => [targetOf(one), one] as const)).values()];
  const targets = byTarget.flatMap((own) => chunks([...own].sort(byPort), most.ports));
  const alike = grouped(
    targets.map((own) => {
      const ports = own.map(({ port, protocol }) => ({ port, protocol }));
      const kind = own[0] !== undefined && 'name' in own[0].to ? 'domainNames' : 'networks';
      return [JSON.stringify([kind, ports]), { kind, ports, own } as const] as const;
    }),
  );
  return [...alike.values()].flatMap((sharing) => {
    const [first] = sharing;
    if (first === undefined) return [];
    const sorted = [...sharing].sort((a, b) => compareText(targetOf(a.own[0]), targetOf(b.own[0])));
    return chunks(sorted, most[first.kind]).map((some): SuggestedEntry => {
      const targetsOfAll = some.map(({ own }) => targetOf(own[0]));
      return { [first.kind]: targetsOfAll, ports: first.ports, seen: some.flatMap(({ own }) => own) };
    });
  });
}

function targetOf(one: SeenDestination | undefined): string {
  if (one === undefined) return '';
  return 'name' in one.to ? one.to.name : one.to.network;
}

type SeenPort = Pick<SeenDestination, 'port' | 'protocol'>;

function byPort(a: SeenPort, b: SeenPort): number {
  return a.port - b.port || compareText(a.protocol, b.protocol);
}

/** `seen-checkout`, `seen-checkout-2`: a name that Kubernetes permits. */
function nameFor({ namespace, workload }: SeenWorkload, named: Map<string, number>): string {
  const own = workload
    .slice(workload.indexOf('/') + 1)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, 50)
    .replace(/-+$/, '');
  const name = `seen-${own === '' ? 'pods' : own}`;
  const count = (named.get(`${namespace}/${name}`) ?? 0) + 1;
  named.set(`${namespace}/${name}`, count);
  return count === 1 ? name : `${name}-${count}`;
}
