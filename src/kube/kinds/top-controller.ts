import type { Labels } from '../../core/model/snapshot.ts';

/** A controlling owner, from `metadata.ownerReferences`. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** The workload that a pod belongs to: its top controller, which stays the same while versions are rolled out. */
export interface TopController {
  /** `Deployment/checkout` */
  readonly workload: string;
  /** The owner of the pod's owner was inferred from labels and names, because that object was not at hand. */
  readonly workloadBy?: 'convention';
}

/** The owners of an object that is at hand: one, or none. Undefined: the object is not at hand. */
export type OwnersOf = (owner: Owner) => { readonly owner: Owner | undefined } | undefined;

/**
 * Follows references from a pod's owner as far as objects are at hand, and from there the conventions of the controllers
 * that set one object between themselves and their pods.
 */
export function topController(owner: Owner, labels: Labels, ownersOf: OwnersOf = () => undefined): TopController {
  let top = owner;
  // As many steps as no real chain has: references of a manifest may form a ring.
  for (let steps = 0; steps < 8; steps += 1) {
    const found = ownersOf(top);
    if (found === undefined) return byConvention(top, labels);
    if (found.owner === undefined) break;
    top = found.owner;
  }
  return { workload: named(top.kind, top.name) };
}

function byConvention({ kind, name }: Owner, labels: Labels): TopController {
  const inferred = inferredOwner({ kind, name }, labels);
  return inferred === undefined ? { workload: named(kind, name) } : { workload: inferred, workloadBy: 'convention' };
}

/**
 * A ReplicaSet is called after its Deployment, or its Argo Rollout, and the hash that its pods carry as a label
 * (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label). A Job of a CronJob is called
 * after it and the minute of its schedule, before Kubernetes 1.21 the second. Knative names the revision in a label, OpenShift the DeploymentConfig of
 * a ReplicationController, which is called after it and its version.
 */
function inferredOwner({ kind, name }: Owner, labels: Labels): string | undefined {
  const revision = labels['serving.knative.dev/revision'];
  if (revision !== undefined && (kind === 'ReplicaSet' || kind === 'Deployment')) return named('Revision', revision);
  if (kind === 'Job') {
    const cronJob = /^(.+)-(?:\d{8}|\d{10})$/.exec(name)?.[1];
    return cronJob === undefined ? undefined : named('CronJob', cronJob);
  }
  const config = labels['deploymentconfig'];
  if (kind === 'ReplicationController' && config !== undefined && /^-\d+$/.test(name.replace(config, '')))
    return named('DeploymentConfig', config);
  if (kind !== 'ReplicaSet') return undefined;
  const before = (label: string): string | undefined => {
    const suffix = `-${labels[label] ?? ''}`;
    return suffix.length > 1 && name.endsWith(suffix) ? name.slice(0, -suffix.length) : undefined;
  };
  const rollout = before('rollouts-pod-template-hash');
  if (rollout !== undefined) return named('Rollout', rollout);
  const deployment = before('pod-template-hash');
  return deployment === undefined ? undefined : named('Deployment', deployment);
}

/** Joined, because a text made by `+` keeps its parts in memory. */
function named(kind: string, name: string): string {
  return [kind, name].join('/');
}
