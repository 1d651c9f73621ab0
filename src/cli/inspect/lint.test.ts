import { describe, expect, it } from 'vitest';
import { runPostern } from '../testing/run-postern.ts';

/* `postern lint`, where pods leave the cluster under other addresses than a point knows. */

const cluster = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { team: shop } }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop, labels: { app: web } }
spec: { containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.11 }] }
---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce, vantage: { type: VANTAGE } }`;

async function told(object: string, vantage = 'Pod'): Promise<readonly string[]> {
  const stdin = `${cluster.replace('VANTAGE', vantage)}\n---\n${object}`;
  const { out } = await runPostern(['lint', '-f', '-', '-o', 'json'], { stdin });
  const { problems } = JSON.parse(out) as { problems: readonly { code: string; subject: string; message: string }[] };
  return problems
    .filter(({ code }) => code === 'egress-address')
    .map(({ subject, message }) => `${subject} ${message}`);
}

const ovn = `
apiVersion: k8s.ovn.org/v1
kind: EgressIP
metadata: { name: prod }
spec: { egressIPs: [192.0.2.10], namespaceSelector: { matchLabels: { team: shop } } }`;
const cilium = `
apiVersion: cilium.io/v2
kind: CiliumEgressGatewayPolicy
metadata: { name: gw }
spec:
  selectors: [{ podSelector: { matchLabels: { app: web, io.kubernetes.pod.namespace: shop } } }]
  destinationCIDRs: [0.0.0.0/0]
  egressGateway: { nodeSelector: {}, egressIP: 192.0.2.11 }`;
const antrea = `
apiVersion: crd.antrea.io/v1beta1
kind: Egress
metadata: { name: web }
spec: { appliedTo: { podSelector: { matchLabels: { app: web } } }, egressIP: 192.0.2.12 }`;
const calico = `
apiVersion: v1
kind: Pod
metadata: { name: batch, namespace: shop, annotations: { egress.projectcalico.org/selector: egress == 'red' } }
spec: { containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.12 }] }`;

describe('postern lint, where pods leave under other addresses', () => {
  it.each([
    ['an EgressIP', ovn, 'shop/Pod/web-1 leave under 192.0.2.10 by EgressIP/prod,'],
    ['a CiliumEgressGatewayPolicy', cilium, 'leave under 192.0.2.11 by CiliumEgressGatewayPolicy/gw,'],
    ['an Egress of Antrea', antrea, 'leave under 192.0.2.12 by Egress/web,'],
    ['a gateway of Calico', calico, 'shop/Pod/batch leave under an address of its gateway by annotation egress.'],
  ])('tells of %s at points of vantage Pod and Node, and of no other', async (_, object, message) => {
    for (const vantage of ['Pod', 'Node'])
      expect(await told(object, vantage)).toEqual([expect.stringContaining(message) as string]);
    expect(await told(object, 'Static, networks: [192.0.2.10/32]')).toEqual([]);
  });

  it.each([
    ['another namespace', ovn.replace('team: shop', 'team: news')],
    ['another pod', antrea.replace('app: web', 'app: other')],
    ['another namespace of Cilium', cilium.replace('namespace: shop', 'namespace: news')],
    ['no pod at all', antrea.replace('appliedTo: { podSelector: { matchLabels: { app: web } } }, ', '')],
  ])('says nothing of an object that is about %s', async (_, object) => {
    expect(await told(object)).toEqual([]);
  });

  it('takes an object that nobody can read to be about every pod', async () => {
    expect(
      await told(
        ovn
          .replace('namespaceSelector: { matchLabels', 'namespaceSelector: { matchLabel: 7, matchLabels')
          .replace('{ team: shop }', '[1]'),
      ),
    ).toEqual([expect.stringContaining('by EgressIP/prod') as string]);
  });
});

describe('postern lint, of two points', () => {
  const point = (name: string, adapter: string, config: string): string => `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: ${name} }
spec: { adapter: ${adapter}, config: ${config} }`;

  it.each([
    ['fortigate', '{ url: "https://FW.example.com" }', '{ url: "https://fw.example.com:443/", vdom: root }', true],
    ['fortigate', '{ url: "https://fw.example.com" }', '{ url: "https://fw.example.com", vdom: dmz }', false],
    ['f5-afm', '{ url: "https://f5.example.com" }', '{ url: "https://f5.example.com", context: { routeDomain: /Common/rd1 } }', true], // prettier-ignore
    ['f5-afm', '{ url: "https://f5.example.com" }', '{ url: "https://f5.example.com", partition: other }', false],
    ['feed', '{ store: { folder: /var/feed } }', '{ store: { folder: /var//feed/ } }', true],
    ['feed', '{ store: { folder: /var/feed } }', '{ store: { folder: /var/feed2 } }', false],
    ['aws-network-firewall', '{ region: eu-west-1, firewall: out }', '{ region: eu-west-1, firewall: out }', true],
    ['aws-network-firewall', '{ region: eu-west-1, firewall: out }', '{ region: eu-west-2, firewall: out }', false],
    ['istio', '{ mode: ambient }', '{ mode: ambient }', false],
  ] as const)('%s %s and %s: in one place? %s', async (adapter, one, other, together) => {
    const stdin = `${point('edge', adapter, one)}\n---\n${point('second', adapter, other)}`;
    const { out } = await runPostern(['lint', '-f', '-', '-o', 'json'], { stdin });
    const { problems } = JSON.parse(out) as { problems: { code: string; subject: string; message: string }[] };
    const found = problems.filter(({ code }) => code === 'same-place');
    expect(found.map(({ subject }) => subject)).toEqual(together ? ['EnforcementPoint/second'] : []);
    if (together) expect(found[0]?.message).toContain('EnforcementPoint/edge');
  });
});
