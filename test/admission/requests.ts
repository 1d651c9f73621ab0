/** Who asks. A tenant may do everything that RBAC can give; only admission stands in the way. */
export type Person = 'tenant' | 'egress-admin' | 'worker' | 'controller' | 'mesh' | 'node';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly by?: Person;
  /** Content type of the body. */
  readonly type?: string;
}

/** What a container needs in a managed namespace. */
export const harmless = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

/** An ordinary pod as these namespaces take it, with other fields of its spec and metadata. */
export function pod(spec: object = {}, metadata: object = {}): object {
  const containers = [{ name: 'app', image: 'example/app', securityContext: harmless }];
  const securityContext = { runAsUser: 1000, runAsGroup: 1000 };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'mine', ...metadata },
    spec: { securityContext, containers, ...spec },
  };
}

/** Such a pod with this security context of its container, in place of the harmless one. */
export function contained(securityContext: object, of: object = {}): object {
  return pod({ containers: [{ name: 'app', image: 'example/app', securityContext, ...of }] });
}

export function creation(namespace: string, body: object): Request {
  return { method: 'POST', path: `/api/v1/namespaces/${namespace}/pods`, body };
}

export function patch(path: string, body: object, by: Person = 'tenant'): Request {
  return { method: 'PATCH', path, body, by, type: 'application/merge-patch+json' };
}

/** A command inside the pod that is there. */
export function execution(container: string, by: Person = 'tenant', namespace = 'managed'): Request {
  return {
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods/there/exec?container=${container}&command=id`,
    by,
  };
}

/** A debugging container for the pod that is there. */
export function debugging(container: object): Request {
  const ephemeralContainers = [{ name: 'debug', image: 'example/debug', ...container }];
  return patch('/api/v1/namespaces/managed/pods/there/ephemeralcontainers', { spec: { ephemeralContainers } });
}

const redirecting = 'istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x  -b * -d 15090,15021,15020';

/** What Istio's injector makes of such a pod, with other fields of its proxy and of what sets the redirection up. */
export function injected(proxy: object = {}, init: object = {}): object {
  const image = 'docker.io/istio/proxyv2:1.30.1';
  const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, privileged: false };
  const containers = [
    { name: 'app', image: 'example/app', securityContext: harmless },
    {
      name: 'istio-proxy',
      image,
      args: ['proxy', 'sidecar', '--domain', '$(POD_NAMESPACE).svc.cluster.local'],
      env: [{ name: 'PILOT_CERT_PROVIDER', value: 'istiod' }],
      lifecycle: { postStart: { exec: { command: ['pilot-agent', 'wait'] } } },
      securityContext: { ...restricted, runAsUser: 1337, runAsGroup: 1337 },
      volumeMounts: [{ name: 'istio-envoy', mountPath: '/etc/istio/proxy' }],
      ...proxy,
    },
  ];
  const powers = {
    ...restricted,
    capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
    runAsUser: 0,
    runAsGroup: 0,
  };
  const initContainers = [
    { name: 'istio-init', image, args: redirecting.split(' '), securityContext: powers, ...init },
  ];
  const annotations = { 'sidecar.istio.io/status': '{"containers":["istio-proxy"]}' };
  const volumes = [{ name: 'istio-envoy', emptyDir: { medium: 'Memory' } }];
  return pod({ containers, initContainers, volumes }, { annotations });
}
