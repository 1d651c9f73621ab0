import type { EnforcementPoint, ExternalService } from '../api/kinds.ts';
import { compareText, type Problem } from '../api/problem.ts';
import { grouped } from '../core/model/grouped.ts';
import { canonical } from '../core/model/json.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import { firstFew } from '../core/text/wording.ts';
import { covers } from '../verify/layers.ts';
import { parseAddress } from '../net/address.ts';
import { cidrsIntersect, formatCidr, parseCidr, type Cidr } from '../net/cidr.ts';
import { attachedIn } from '../verify/values/attachments.ts';
import { isIn, networksOf } from '../verify/values/networks.ts';
import { isLive } from '../verify/values/pods.ts';
import { namespaceLabelsIn } from '../verify/values/selector.ts';

/* What only shows when several clusters are looked at together. */

/** The objects of one cluster. */
export interface LintedCluster {
  readonly cluster: string;
  readonly snapshot: Snapshot;
  /** Where points write to, by their name: equal texts are one place. */
  readonly places: ReadonlyMap<string, string>;
}

/** A problem, and the clusters that have it. */
export type ClusterProblem = Problem & { readonly clusters: readonly string[] };

export function lintClusters(clusters: readonly LintedCluster[]): readonly ClusterProblem[] {
  return [...differences(clusters), ...overlaps(clusters)];
}

/** Problems that clusters have in common, once. */
export function inCommon(found: readonly (readonly [cluster: string, problem: Problem])[]): readonly ClusterProblem[] {
  const same = grouped(found.map(([cluster, problem]) => [canonical(problem), { cluster, problem }] as const));
  return [...same.values()].flatMap((ones) => {
    const [first] = ones;
    return first ? [{ ...first.problem, clusters: [...new Set(ones.map(({ cluster }) => cluster))] }] : [];
  });
}

/** A reader takes one name in policies of two clusters for one destination. */
function differences(clusters: readonly LintedCluster[]): readonly ClusterProblem[] {
  const services = grouped(
    clusters.flatMap(({ cluster, snapshot }) =>
      snapshot.externalServices.map((service) => [service.metadata.name, { cluster, service }] as const),
    ),
  );
  return [...services].flatMap(([name, ones]) => {
    const fields = fieldsThatDiffer(ones.map(({ service }) => service.spec));
    if (fields.length === 0) return [];
    const names = ones.map(({ cluster }) => cluster);
    return {
      severity: 'warning',
      subject: `ExternalService/${name}`,
      field: fields[0] ?? 'spec',
      code: 'catalogue-differs',
      message: `differs between ${names.join(' and ')} (${fields.join(', ')}): policies that name it permit different destinations there; make it the same, or use two names`,
      clusters: names,
    };
  });
}

function fieldsThatDiffer(specs: readonly ExternalService['spec'][]): readonly string[] {
  const written = specs.map((spec) => new Map<string, unknown>(Object.entries(spec)));
  const fields = [...new Set(written.flatMap((spec) => [...spec.keys()]))].sort(compareText);
  return fields
    .filter((field) => new Set(written.map((spec) => canonical(spec.get(field) ?? null))).size > 1)
    .map((field) => `spec.${field}`);
}

interface Seen {
  readonly cluster: string;
  readonly point: EnforcementPoint;
  readonly place: string;
  /** Of pods that the device distinguishes by them. */
  readonly addresses: ReadonlySet<string>;
  /** Out of which pods may get others. */
  readonly networks: readonly Cidr[];
}

/** At a device that tells pods apart by address, what one cluster permits to its pod it permits to the other's. */
function overlaps(clusters: readonly LintedCluster[]): readonly ClusterProblem[] {
  const seen = clusters.flatMap(seenIn);
  return seen.flatMap((one, index) =>
    seen.slice(index + 1).flatMap((other) => {
      if (one.cluster === other.cluster || one.place !== other.place) return [];
      const common = [...one.addresses].filter((address) => other.addresses.has(address)).sort(compareText);
      if (common.length > 0) return [overlap(one, other, common)];
      const shared = sharedBy(one.networks, other.networks);
      return shared.length === 0 ? [] : [networksOverlap(one, other, shared)];
    }),
  );
}

/** What lies in both: of two networks that meet, the narrower. */
function sharedBy(some: readonly Cidr[], others: readonly Cidr[]): readonly string[] {
  const meeting = some.flatMap((a) =>
    others.filter((b) => cidrsIntersect(a, b)).map((b) => formatCidr(a.prefix > b.prefix ? a : b)),
  );
  return [...new Set(meeting)].sort(compareText);
}

function networksOverlap(one: Seen, other: Seen, shared: readonly string[]): ClusterProblem {
  const [name, otherName] = [one, other].map(({ cluster, point }) => `${cluster}/${point.metadata.name}`);
  return {
    severity: 'warning',
    subject: `EnforcementPoint/${one.point.metadata.name}`,
    field: 'spec.vantage',
    code: 'networks-overlap',
    message: `pods behind both ${name} and ${otherName}, which write to one place (${one.place}), may get addresses out of ${firstFew(shared, 3)}: a Deny for all networks of one cluster also denies the other's pods, and when two pods have the same address, the permissions of one let out the other; give the clusters networks of their own, or let the device see other addresses (spec.vantage)`,
    clusters: [one.cluster, other.cluster],
  };
}

function overlap(one: Seen, other: Seen, common: readonly string[]): ClusterProblem {
  const [name, otherName] = [one, other].map(({ cluster, point }) => `${cluster}/${point.metadata.name}`);
  return {
    severity: 'error',
    subject: `EnforcementPoint/${one.point.metadata.name}`,
    field: 'spec.vantage',
    code: 'addresses-overlap',
    message: `${common.length === 1 ? '1 address' : `${common.length} addresses`} (${firstFew(common, 3)}) of pods are behind both ${name} and ${otherName}, which write to one place (${one.place}): each cluster's permissions also let out the other's pods; give the clusters networks of their own, or let the device see other addresses (spec.vantage)`,
    clusters: [one.cluster, other.cluster],
  };
}

function seenIn({ cluster, snapshot, places }: LintedCluster): readonly Seen[] {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  const attached = attachedIn(snapshot);
  return snapshot.enforcementPoints.flatMap((point) => {
    const { vantage, clusterNetworks = [] } = point.spec;
    const place = places.get(point.metadata.name);
    if (place === undefined || vantage.type !== 'Pod') return [];
    const { network } = vantage;
    const pods = snapshot.pods.filter(
      (pod) => isLive(pod) && !pod.hostNetwork && covers(point, labelsOf(pod.namespace)),
    );
    const found = pods.flatMap((pod) => (network ? attached(pod, network).addresses : pod.addresses));
    const texts = [...clusterNetworks, ...(network ? network.ranges : networksOfNodes(snapshot, found))];
    const networks = texts.flatMap((text) => parseCidr(text) ?? []);
    return { cluster, point, place, addresses: new Set(found), networks };
  });
}

/** Nodes say networks also where the network plugin has others: they count unless every pod has its address elsewhere. */
function networksOfNodes({ nodes }: Snapshot, addresses: readonly string[]): readonly string[] {
  const texts = nodes.flatMap(({ podNetworks = [] }) => podNetworks);
  const known = networksOf(texts);
  const isUsed = addresses.map(parseAddress).some((address) => address !== undefined && isIn(known, address));
  return addresses.length === 0 || isUsed ? texts : [];
}
