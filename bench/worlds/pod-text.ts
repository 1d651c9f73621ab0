import type { Pod } from '../../src/core/model/snapshot.ts';

/*
 * Pods as an API server writes them: about 7 kB, or 13 kB with Istio's sidecar injected. What decides nothing - environment,
 * probes, volumes, who set which field - is the same in all of them, as in replicas; identity, labels and addresses are not.
 */

export type Profile = 'plain' | 'istio';

export type Json = Readonly<Record<string, unknown>>;

/** What differs from pod to pod, under the name that stands for it in the template as `@name@`. */
export type PodValues = Readonly<Record<string, unknown>>;

export function podValues(pod: Pod, version: number): PodValues {
  const { name, namespace, uid, created, labels, node } = pod;
  const owner = pod.workload.split('/')[1];
  const more = { version: String(version), owner, account: pod.serviceAccount, ip: pod.addresses[0] };
  return { name, namespace, uid, created, labels, node, ...more };
}

/** Writes pods of a profile; the part that they share is made once. */
export function podWriter(profile: Profile): (pod: Pod, version: number) => string {
  const parts = JSON.stringify(podTemplate(profile)).split(/"?@(\w+)@"?/);
  return (pod, version) => {
    const values = podValues(pod, version);
    let text = '';
    for (const [index, part] of parts.entries()) text += index % 2 === 0 ? part : JSON.stringify(values[part]);
    return text;
  };
}

export function podTemplate(profile: Profile): Json {
  const istio = profile === 'istio';
  const containers = [container('main', 11), ...(istio ? [container('istio-proxy', 22)] : [])];
  const names = [...containers.map(({ name }) => String(name)), ...(istio ? ['istio-init'] : [])];
  return {
    metadata: {
      name: '@name@',
      generateName: 'app-6d5f7c9b4-',
      namespace: '@namespace@',
      uid: '@uid@',
      resourceVersion: '@version@',
      creationTimestamp: '@created@',
      labels: '@labels@',
      annotations: istio ? istioAnnotations() : { 'kubernetes.io/config.seen': '2026-01-01T00:00:00.000000000Z' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: '@owner@',
          uid: 'd1f0',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: [managed('kube-controller-manager', 26), managed('kubelet', istio ? 26 : 18)],
    },
    spec: {
      volumes: range(istio ? 7 : 2, volume),
      ...(istio ? { initContainers: [{ ...container('istio-init', 6), args: initArgs }] } : {}),
      containers,
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: '@account@',
      serviceAccount: '@account@',
      nodeName: '@node@',
      securityContext: { runAsNonRoot: true, fsGroup: 1337, seccompProfile: { type: 'RuntimeDefault' } },
      schedulerName: 'default-scheduler',
      tolerations: range(2, toleration),
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
    },
    status: {
      phase: 'Running',
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        condition,
      ),
      hostIP: '192.0.2.10',
      hostIPs: [{ ip: '192.0.2.10' }],
      podIP: '@ip@',
      podIPs: [{ ip: '@ip@' }],
      startTime: '2026-01-01T00:00:01Z',
      containerStatuses: names.map(containerStatus),
      qosClass: 'Burstable',
    },
  };
}

function toleration(index: number): Json {
  return { key: `node.kubernetes.io/condition-${index}`, operator: 'Exists', effect: 'NoExecute' };
}

function condition(type: string): Json {
  return { type, status: 'True', lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:05Z' };
}

function container(name: string, variables: number): Json {
  const probe = { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, timeoutSeconds: 1, periodSeconds: 10 };
  return {
    name,
    image: `registry.example.com/platform/${name}:1.24.3`,
    args: range(6, (i) => `--option-${i}=some-value-${i}`),
    ports: range(2, (i) => ({ name: `port-${i}`, containerPort: 8080 + i, protocol: 'TCP' })),
    env: range(variables, (i) =>
      i % 4 === 0
        ? { name: `FIELD_${i}`, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } } }
        : { name: `SETTING_NUMBER_${i}`, value: `a value of usual length, ${i}` },
    ),
    resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: range(4, (i) => ({ name: `volume-${i}`, mountPath: `/etc/some/where/${i}`, readOnly: true })),
    livenessProbe: probe,
    readinessProbe: probe,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
  };
}

function containerStatus(name: string): Json {
  return {
    name,
    state: { running: { startedAt: '2026-01-01T00:00:03Z' } },
    lastState: {},
    ready: true,
    restartCount: 0,
    image: `registry.example.com/platform/${name}:1.24.3`,
    imageID: `registry.example.com/platform/${name}@sha256:${'0123456789abcdef'.repeat(4)}`,
    containerID: `containerd://${'fedcba9876543210'.repeat(4)}`,
    started: true,
  };
}

function volume(i: number): Json {
  return i % 2 === 0
    ? { name: `volume-${i}`, configMap: { name: `config-${i}`, defaultMode: 420, optional: true } }
    : {
        name: `volume-${i}`,
        projected: { defaultMode: 420, sources: [{ serviceAccountToken: { audience: 'ca', path: 'token' } }] },
      };
}

function managed(manager: string, fields: number): Json {
  const entries = range(fields, (i) => [`k:{"type":"Condition${i}"}`, { '.': {}, 'f:status': {} }] as const);
  return {
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:05Z',
    fieldsType: 'FieldsV1',
    fieldsV1: Object.fromEntries(entries),
  };
}

const initArgs = [
  ...['istio-iptables', '-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '*'],
  ...['-d', '15090,15021,15020', '--log_output_level=default:info'],
];

function istioAnnotations(): Json {
  const status = {
    initContainers: ['istio-init'],
    containers: ['istio-proxy'],
    volumes: ['istio-envoy', 'istio-data'],
  };
  return {
    'istio.io/rev': 'default',
    'kubectl.kubernetes.io/default-container': 'main',
    'prometheus.io/scrape': 'true',
    'sidecar.istio.io/status': JSON.stringify(status),
  };
}

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
