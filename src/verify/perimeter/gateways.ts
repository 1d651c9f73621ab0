import type { Findings } from '../compare/findings.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import { covers, type Layers } from '../layers.ts';
import { isLive } from '../values/pods.ts';
import type { PodClass } from '../compare/pod-classes.ts';
import { namespaceLabelsIn } from '../values/selector.ts';
import type { Sources, Toward } from './sources.ts';

/**
 * Pods through which the network plugin leads others out have what those may, at a point that knows them by such addresses. That they
 * open no connections of their own is what its makers say: https://docs.tigera.io/calico-enterprise/latest/networking/egress/egress-gateway-on-prem
 */
export function reportGateways(
  { snapshot, perimeters }: Layers,
  sources: Sources,
  { probes: [probe] }: ProbeIndex,
  findings: Findings,
): void {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  for (const { point } of perimeters) {
    if (point.spec.vantage.type !== 'EgressIP' || probe === undefined) continue;
    const leading = snapshot.pods.filter(
      (pod) => isLive(pod) && sources.leads(pod) && covers(point, labelsOf(pod.namespace)),
    );
    for (const { namespace, name, workload } of leading) {
      const who = { namespace, workload, pod: `${namespace}/${name}` };
      findings.add(who, 1, { side: 'known', point: point.metadata.name, rule: '', reason: openNothing, probe });
    }
  }
}

/** Pods of which nobody can tell through which gateways they leave, and so under which addresses a point meets them. */
export function reportUnknownGateways(
  { perimeters }: Layers,
  classes: readonly PodClass[],
  { probes }: ProbeIndex,
  findings: Findings,
): void {
  for (const { pod, count, seenAt } of classes) {
    for (const { at, toward } of seenAt) {
      const [point, probe] = [perimeters[at]?.point.metadata.name, probes.find((one) => toward?.isUnknown(one))];
      if (toward === undefined || point === undefined || probe === undefined) continue;
      const who = { namespace: pod.namespace, workload: pod.workload, pod: `${pod.namespace}/${pod.name}` };
      const reason = `${unknownGateway(toward)}; ${ofGateways}`;
      findings.add(who, count, { side: 'unknown', point, rule: toward.key, reason, probe });
    }
  }
}

export function unknownGateway({ key }: Toward): string {
  return `${key} routes it through gateways, but does not say which pods those are`;
}

export const ofGateways =
  'correct its selectors or the policy that it names, and select gateways by labels of the pods and namespaces themselves';

const openNothing =
  'pods that are gateways of the network plugin have what they lead out, and are taken to open no connections of their own';
