import type { EnforcementPoint, ExternalService } from '../api/kinds.ts';
import { compareText, type Problem } from '../api/problem.ts';
import { grouped } from '../core/model/grouped.ts';
import { canonical } from '../core/model/json.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import { firstFew } from '../core/text/wording.ts';
import { covers } from '../verify/layers.ts';
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

/** Whoever reads one name in policies of two clusters takes it for one destination. */
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
      message: `is not the same in ${names.join(' and ')} (${fields.join(', ')}): policies that name it permit different things there; make it one, or give it two names`,
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
  /** Of pods that the device tells apart by them. */
  readonly addresses: ReadonlySet<string>;
}

/** At a device that tells pods apart by address, what one cluster permits to its pod it permits to the other's. */
function overlaps(clusters: readonly LintedCluster[]): readonly ClusterProblem[] {
  const seen = clusters.flatMap(seenIn);
  return seen.flatMap((one, index) =>
    seen.slice(index + 1).flatMap((other) => {
      if (one.cluster === other.cluster || one.place !== other.place) return [];
      const common = [...one.addresses].filter((address) => other.addresses.has(address)).sort(compareText);
      return common.length === 0 ? [] : [overlap(one, other, common)];
    }),
  );
}

function overlap(one: Seen, other: Seen, common: readonly string[]): ClusterProblem {
  const [name, otherName] = [one, other].map(({ cluster, point }) => `${cluster}/${point.metadata.name}`);
  return {
    severity: 'error',
    subject: `EnforcementPoint/${one.point.metadata.name}`,
    field: 'spec.vantage',
    code: 'addresses-overlap',
    message: `${common.length === 1 ? '1 address' : `${common.length} addresses`} (${firstFew(common, 3)}) of pods stand behind both ${name} and ${otherName}, which write to one place (${one.place}): each cluster's grants let the other's pods out; give the clusters networks of their own, or let the device see other addresses (spec.vantage)`,
    clusters: [one.cluster, other.cluster],
  };
}

function seenIn({ cluster, snapshot, places }: LintedCluster): readonly Seen[] {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  return snapshot.enforcementPoints.flatMap((point) => {
    const place = places.get(point.metadata.name);
    if (place === undefined || point.spec.vantage.type !== 'Pod') return [];
    const pods = snapshot.pods.filter(
      (pod) => isLive(pod) && !pod.hostNetwork && covers(point, labelsOf(pod.namespace)),
    );
    return { cluster, point, place, addresses: new Set(pods.flatMap(({ addresses }) => addresses)) };
  });
}
