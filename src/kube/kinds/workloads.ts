import { isLive } from '../../core/model/pods.ts';
import { z } from 'zod';
import type { Pod } from '../../core/model/snapshot.ts';
import { egressGatewayOf } from './egress-gateway.ts';
import { accountOf, labelsSchema, metadataSchema, podSpecSchema, readBy, type ReadResult } from './core-kinds.ts';

/** An object that creates pods, as policies will see those pods. */
export interface Workload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Created by another workload, as a ReplicaSet by its Deployment, which represents it. */
  readonly controlled: boolean;
  readonly labels: Pod['labels'];
  readonly serviceAccount: string;
  readonly hostNetwork: boolean;
  readonly egressGateway?: NonNullable<Pod['egressGateway']>;
}

/** Kinds that create pods out of a template, with the API groups that have one of that name. */
export const workloadKinds: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['apps'],
  StatefulSet: ['apps', 'apps.kruise.io'],
  DaemonSet: ['apps', 'apps.kruise.io'],
  ReplicaSet: ['apps'],
  Job: ['batch'],
  CronJob: ['batch'],
  Rollout: ['argoproj.io'],
  CloneSet: ['apps.kruise.io'],
  BroadcastJob: ['apps.kruise.io'],
  DeploymentConfig: ['apps.openshift.io'],
  ReplicationController: [''],
  Service: ['serving.knative.dev'],
};

export function readWorkload(kind: string, input: unknown): ReadResult<Workload> {
  const schema = kind === 'CronJob' ? cronJobSchema : mayLackTemplate.has(kind) ? partialSchema : workloadSchema;
  return readBy(schema, input, ({ metadata, spec }) => {
    const { template = {} } = 'jobTemplate' in spec ? spec.jobTemplate.spec : spec;
    return {
      kind,
      namespace: metadata.namespace ?? 'default',
      name: metadata.name,
      controlled: metadata.ownerReferences?.some(({ controller }) => controller === true) ?? false,
      labels: template.metadata?.labels ?? {},
      serviceAccount: accountOf(template.spec),
      hostNetwork: template.spec?.hostNetwork ?? false,
      ...egressGatewayOf(template.metadata?.annotations),
    };
  });
}

/** A pod without an address for every workload that has no live pod among `pods`, so that reports show it. */
export function syntheticPods(workloads: readonly Workload[], pods: readonly Pod[]): readonly Pod[] {
  const live = pods.filter(isLive);
  const present = new Set(live.flatMap(representedBy));
  return workloads
    .filter(({ kind, namespace, name, controlled }) => !controlled && !present.has(`${namespace}/${kind}/${name}`))
    .map(syntheticPod);
}

/** The workloads that a pod shows to be running: its own, the Deployment of a ReplicaSet that has no hash label, the Service of a revision of Knative. */
function representedBy({ namespace, workload, labels }: Pod): readonly string[] {
  const deployment = /^ReplicaSet\/(.+)-[a-z0-9]{1,10}$/.exec(workload)?.[1];
  const service = labels['serving.knative.dev/service'];
  const owners = [deployment && `Deployment/${deployment}`, service && `Service/${service}`, workload];
  return owners.flatMap((owner) => (owner ? [`${namespace}/${owner}`] : []));
}

/** Its name has a capital letter, which no real pod's name has. */
function syntheticPod({ kind, namespace, name, labels, serviceAccount, hostNetwork, egressGateway }: Workload): Pod {
  return {
    uid: `${namespace}/${kind}/${name}`,
    namespace,
    name: `${kind}.${name}`,
    labels,
    serviceAccount,
    node: '',
    hostNetwork,
    phase: '',
    deleting: false,
    addresses: [],
    created: '',
    workload: `${kind}/${name}`,
    ...(egressGateway && { egressGateway }),
  };
}

const templateSchema = z.object({
  template: z.object({
    metadata: z.object({ labels: labelsSchema, annotations: labelsSchema }).nullish(),
    spec: podSpecSchema.nullish(),
  }),
});
const workloadSchema = z.object({ metadata: metadataSchema, spec: templateSchema });
/** A Rollout that refers to the Deployment that it takes over has no template of its own, and says nothing that the Deployment does not. */
const mayLackTemplate = new Set(['Rollout', 'DeploymentConfig', 'ReplicationController']);
const partialSchema = z.object({ metadata: metadataSchema, spec: templateSchema.partial() });
const cronJobSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({ jobTemplate: z.object({ spec: templateSchema }) }),
});
