import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasKubeApiserver } from '../integration/kube-apiserver.ts';
import { contained, creation, debugging, execution, harmless, injected, patch, pod, type Request } from './requests.ts';
import { Admission } from './rig.ts';

const notes = (annotations: object): object => pod({}, { annotations });
const there = '/api/v1/namespaces/managed/pods/there';
const inject = 'sidecar.istio.io/inject';
const mode = 'istio.io/dataplane-mode';

describe.skipIf(!hasKubeApiserver())('A pod in a namespace whose egress is managed', () => {
  let admission: Admission;
  beforeAll(async () => {
    admission = await Admission.start();
  });
  afterAll(() => admission.server.stop());

  it.each<[string, Request]>([
    ['an ordinary pod that says as whom it runs', creation('managed', pod())],
    [
      'a port below 1024',
      creation('managed', contained({ ...harmless, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })),
    ],
    [
      'a container with a user of its own',
      creation('managed', contained({ ...harmless, runAsUser: 2000, runAsGroup: 2000 })),
    ],
    ['volumes of its own', creation('managed', pod({ volumes: [{ name: 'scratch', emptyDir: {} }] }))],
    ['what Istio injects', creation('sidecars', injected())],
    [
      'what Istio notes on a pod',
      creation(
        'managed',
        notes({
          'traffic.sidecar.istio.io/includeOutboundIPRanges': '*',
          'traffic.sidecar.istio.io/excludeOutboundPorts': '',
          'sidecar.istio.io/interceptionMode': 'REDIRECT',
          [inject]: 'true',
        }),
      ),
    ],
    ['an ordinary pod of an ambient mesh', creation('ambient', pod())],
    ['a harmless debugging container', debugging({ securityContext: harmless })],
    ['a command in the application', execution('app')],
    ['a command in the proxy, by who may', execution('istio-proxy', 'egress-admin')],
    ['a label that nothing depends on', patch(there, { metadata: { labels: { version: '2' } } })],
    ["a node's word on it", patch(`${there}/status`, { status: { phase: 'Running' } }, 'node')],
    [
      'the note that it was enrolled, by the mesh',
      patch(`${there}/status`, { metadata: { annotations: { 'ambient.istio.io/redirection': 'enabled' } } }, 'mesh'),
    ],
    ['anything in another namespace', creation('free', pod({ hostNetwork: true }, { labels: { [inject]: 'false' } }))],
    [
      "a gateway's own proxy, among gateways",
      creation('gateways', pod({}, { annotations: { 'inject.istio.io/templates': 'gateway' } })),
    ],
  ])('may be or get: %s', async (_, request) => {
    expect(await admission.refusal(request)).toBe('');
  });

  it.each<[string, string, object, string]>([
    ['leaves the mesh by label', 'managed', pod({}, { labels: { [inject]: 'false' } }), 'not be in the mesh'],
    ['leaves the mesh by annotation', 'managed', notes({ [inject]: 'no' }), 'not be in the mesh'],
    ['leaves the ambient mesh', 'ambient', pod({}, { labels: { [mode]: 'none' } }), 'not be in the mesh'],
    [
      'leaves the ambient mesh by a word that nobody knows',
      'ambient',
      pod({}, { labels: { [mode]: 'off' } }),
      'not be in the mesh',
    ],
    ['changes from sidecars to ambient', 'sidecars', pod({}, { labels: { [mode]: 'ambient' } }), 'have sidecars'],
    ['has no sidecar', 'sidecars', pod(), 'no sidecar was injected'],
    [
      'pretends to the ambient mesh to have a sidecar',
      'ambient',
      notes({ 'sidecar.istio.io/status': '{}' }),
      'passes over',
    ],
    ['asks for a sidecar in the ambient mesh', 'ambient', pod({}, { labels: { [inject]: 'true' } }), 'passes over'],
    ['pretends to be enrolled', 'ambient', notes({ 'ambient.istio.io/redirection': 'enabled' }), 'written by the mesh'],
    ['is not to be enrolled', 'ambient', notes({ 'ambient.istio.io/redirection': 'disabled' }), 'written by the mesh'],
    ['resolves names past the mesh', 'ambient', notes({ 'ambient.istio.io/dns-capture': 'false' }), 'dns-capture'],
    [
      'is not captured',
      'ambient',
      notes({ 'ambient.istio.io/bypass-inbound-capture': 'true' }),
      'bypass-inbound-capture',
    ],
    [
      'excludes a port',
      'managed',
      notes({ 'traffic.sidecar.istio.io/excludeOutboundPorts': '443' }),
      'around the proxy',
    ],
    [
      'includes some networks only',
      'managed',
      notes({ 'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.0.0.0/8' }),
      'around the proxy',
    ],
    ['is not intercepted', 'managed', notes({ 'sidecar.istio.io/interceptionMode': 'NONE' }), 'around the proxy'],
    ['brings a proxy of its own', 'managed', notes({ 'sidecar.istio.io/proxyImage': 'mine' }), 'around the proxy'],
    [
      'says which addresses it has on other networks',
      'managed',
      notes({ 'k8s.v1.cni.cncf.io/network-status': '[]' }),
      'written by the network plugin',
    ],
    ['has another network', 'managed', notes({ 'k8s.v1.cni.cncf.io/networks': 'outside' }), 'around the proxy'],
  ])('is refused when it %s', async (_, namespace, body, why) => {
    expect(await admission.refusal(creation(namespace, body))).toContain(why);
  });

  it.each<[string, object, string]>([
    ['is on the network of its node', pod({ hostNetwork: true }), 'hostNetwork'],
    ['sees the processes of its node', pod({ hostPID: true }), 'hostPID'],
    ['mounts files of its node', pod({ volumes: [{ name: 'node', hostPath: { path: '/' } }] }), 'hostPath'],
    ['runs as the proxy does', pod({ securityContext: { runAsUser: 1337, runAsGroup: 1000 } }), 'set runAsUser'],
    [
      'has a container that runs in the group of the proxy',
      contained({ ...harmless, runAsGroup: 1337 }),
      'set runAsUser',
    ],
    ['leaves its user to the image', pod({ securityContext: { runAsGroup: 1000 } }), 'set runAsUser'],
    ['leaves its group to the image', pod({ securityContext: { runAsUser: 1000 } }), 'set runAsUser'],
    [
      'keeps the capabilities of a runtime, NET_RAW among them',
      contained({ allowPrivilegeEscalation: false }),
      'drop: [ALL]',
    ],
    ['may forge packets', contained({ ...harmless, capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }), 'drop: [ALL]'],
    [
      'spells a capability otherwise',
      contained({ ...harmless, capabilities: { drop: ['ALL'], add: ['CAP_NET_ADMIN'] } }),
      'drop: [ALL]',
    ],
    [
      'spells it in small letters',
      contained({ ...harmless, capabilities: { drop: ['ALL'], add: ['net_admin'] } }),
      'drop: [ALL]',
    ],
    ['may become another user', contained({ ...harmless, allowPrivilegeEscalation: undefined }), 'drop: [ALL]'],
    ['is privileged', contained({ privileged: true, capabilities: { drop: ['ALL'] } }), 'allowPrivilegeEscalation'],
    [
      'calls its own container istio-proxy',
      contained({ runAsUser: 1337 }, { name: 'istio-proxy' }),
      'for what Istio injects',
    ],
    [
      'calls it istio-init',
      contained({ capabilities: { add: ['NET_ADMIN'] } }, { name: 'istio-init' }),
      'for what Istio injects',
    ],
    [
      "has another image for Istio's name",
      injected({ image: 'docker.io/istio/proxyv2-mine:1' }),
      'for what Istio injects',
    ],
    ['runs another command in the proxy', injected({ command: ['sh'] }), 'for what Istio injects'],
    ['has another program of the proxy run', injected({ args: ['wait'] }), 'for what Istio injects'],
    [
      'runs a command beside the proxy',
      injected({ lifecycle: { postStart: { exec: { command: ['curl'] } } } }),
      'may not be given',
    ],
    ['puts a library into the proxy', injected({ env: [{ name: 'LD_PRELOAD', value: '/x' }] }), 'may not be given'],
    [
      'puts a program into the proxy',
      injected({ volumeMounts: [{ name: 'istio-envoy', mountPath: '/usr/local/bin' }] }),
      'may not be given',
    ],
    [
      'excludes a port from the redirection',
      injected(
        {},
        { args: 'istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x  -b * -d 15090 -o 443'.split(' ') },
      ),
      'for what Istio injects',
    ],
  ])('is refused when it %s', async (_, body, why) => {
    expect(await admission.refusal(creation('managed', body))).toContain(why);
  });

  it.each<[string, Request, string]>([
    [
      'a debugging container as the proxy',
      debugging({ securityContext: { ...harmless, runAsUser: 1337 } }),
      'set runAsUser',
    ],
    ['a privileged one', debugging({ securityContext: { privileged: true } }), 'drop: [ALL]'],
    [
      'one with NET_ADMIN',
      debugging({ securityContext: { ...harmless, capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } } }),
      'drop: [ALL]',
    ],
    [
      "one by the name of Istio's",
      debugging({ name: 'istio-proxy', securityContext: { privileged: true } }),
      'drop: [ALL]',
    ],
    [
      'the label by which it leaves the mesh',
      patch(there, { metadata: { labels: { [mode]: 'none' } } }),
      'do not change',
    ],
    [
      'the same through its status',
      patch(`${there}/status`, { metadata: { labels: { [mode]: 'none' } } }),
      'do not change',
    ],
    [
      'a note for the mesh through its status',
      patch(`${there}/status`, { metadata: { annotations: { 'sidecar.istio.io/status': '{}' } } }),
      'do not change',
    ],
    [
      'the word that it is enrolled',
      patch(`${there}/status`, { metadata: { annotations: { 'ambient.istio.io/redirection': 'enabled' } } }),
      'written by the mesh',
    ],
    ['a command in its proxy', execution('istio-proxy'), 'egress-admins'],
  ])('does not get, once it is there: %s', async (_, request, why) => {
    expect(await admission.refusal(request)).toContain(why);
  });
});
