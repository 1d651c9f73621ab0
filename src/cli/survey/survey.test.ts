import { describe, expect, it } from 'vitest';
import type { Survey } from '../../survey/survey.ts';
import { runPostern } from '../testing/run-postern.ts';

const pod = (name: string, address: string, more = ''): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }
spec: { containers: [], nodeName: n1${more} }
status: { phase: Running, podIPs: [{ ip: ${address} }] }
---`;

const policy = (name: string, egress: string): string => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: shop }
spec: { podSelector: { matchLabels: { app: ${name} } }, policyTypes: [Egress], egress: ${egress} }
---`;

const node = `
apiVersion: v1
kind: Node
metadata: { name: n1 }
status: { addresses: [{ type: InternalIP, address: 192.168.1.5 }] }
---`;

async function surveyed(stdin: string): Promise<Survey> {
  const { out, code } = await runPostern(['survey', '-f', '-', '-o', 'json'], { stdin });
  expect(code).toBe(0);
  return JSON.parse(out) as Survey;
}

describe('how far pods get', () => {
  it.each([
    ['no policy', '', 'anywhere', []],
    ['one of ingress alone', policy('web', '[]').replace('Egress]', 'Ingress]'), 'anywhere', []],
    ['nothing is permitted', policy('web', '[]'), 'named', []],
    ['a network', policy('web', '[{ to: [{ ipBlock: { cidr: 203.0.113.0/24 } }] }]'), 'named', []],
    ['everything', policy('web', '[{}]'), 'anywhere', []],
    [
      'everywhere but within',
      policy('web', '[{ to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8] } }] }]'),
      'anywhere',
      [],
    ],
    [
      'both halves of it',
      policy('web', '[{ to: [{ ipBlock: { cidr: 0.0.0.0/1 } }, { ipBlock: { cidr: 128.0.0.0/1 } }] }]'),
      'anywhere',
      [],
    ],
    [
      'a port',
      policy('web', '[{ ports: [{ port: 443 }, { port: 53, protocol: UDP }] }]'),
      'ports',
      ['TCP 443', 'UDP 53'],
    ],
    ['every port as a range', policy('web', '[{ ports: [{ port: 1, endPort: 65535 }] }]'), 'anywhere', []],
    [
      'a range of ports',
      policy('web', '[{ ports: [{ port: 8000, endPort: 9000 }] }]'),
      'ports',
      ['TCP 8000', 'TCP 9000'],
    ],
  ])('where the policy says %s', async (_, policies, kind, ports) => {
    const { reaches, namespaces } = await surveyed(pod('web', '10.244.1.1') + policies);
    expect(reaches).toEqual({ anywhere: 0, ports: 0, named: 0, unknown: 0, [kind]: 1 });
    expect(namespaces).toMatchObject([{ namespace: 'shop', pods: 1, ports }]);
  });

  it('says of which object nobody can tell', async () => {
    const broken = policy('web', '7');
    const { reaches, unknown } = await surveyed(pod('web', '10.244.1.1') + broken);
    expect(reaches.unknown).toBe(1);
    expect(unknown).toMatchObject([{ object: 'NetworkPolicy/shop/web', pods: 1 }]);
  });

  it('counts pods on the host network as open, whatever policies select them', async () => {
    const { hostNetwork, reaches, hostNetworkWorkloads } = await surveyed(
      pod('web', '192.168.1.5', ', hostNetwork: true') + policy('web', '[]'),
    );
    expect({ hostNetwork, reaches, hostNetworkWorkloads }).toEqual({
      hostNetwork: 1,
      reaches: { anywhere: 0, ports: 0, named: 0, unknown: 0 },
      hostNetworkWorkloads: ['shop/Pod/web'],
    });
  });

  it('does not count pods that have ended', async () => {
    expect(await surveyed(pod('web', '10.244.1.1').replace('Running', 'Succeeded'))).toMatchObject({ pods: 0 });
  });
});

describe('under which addresses pods leave', () => {
  const pool = (nat: string): string => `
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: { name: default }
spec: { cidr: 10.244.0.0/16, natOutgoing: ${nat} }
---`;
  const cilium = `
apiVersion: v1
kind: ConfigMap
metadata: { name: cilium-config, namespace: kube-system }
data: { enable-ipv4-masquerade: "false" }
---`;
  it.each([
    ['Calico masquerades', pool('true'), '10.244.1.1', 'Node', 'natOutgoing is true in IPPool default'],
    ['Calico does not', pool('false'), '10.244.1.1', 'Pod', 'natOutgoing is off in IPPool default'],
    ['Cilium does not', cilium, '10.244.1.1', 'Pod', 'enable-ipv4-masquerade is off in ConfigMap cilium-config'],
    ['pods are where nodes are', '', '192.168.7.1', 'Pod', 'pods have addresses of the networks of their nodes'],
    ['they are elsewhere', '', '10.244.1.1', 'Node', "pods have addresses that no node's network holds"],
  ])('where %s', async (_, objects, address, vantage, because) => {
    const { sources } = await surveyed(node + objects + pod('web', address));
    expect(sources.vantage).toBe(vantage);
    expect(sources.because).toContain(because);
  });

  it('names what gives pods another one', async () => {
    const egressIp = `
apiVersion: k8s.ovn.org/v1
kind: EgressIP
metadata: { name: prod }
spec: { egressIPs: [192.0.2.10], namespaceSelector: {} }
---`;
    const { egressAddresses, sources } = await surveyed(node + egressIp + pod('web', '10.244.1.1'));
    expect(egressAddresses).toEqual([{ id: 'EgressIP/prod', addresses: ['192.0.2.10'], pods: 1 }]);
    expect(sources.because).toContain('but not what EgressIP/prod takes');
  });
});

describe('the first enforcement point', () => {
  it('observes, and is one that lint takes as it is', async () => {
    const { out } = await runPostern(['survey', '-f', '-', '-o', 'yaml'], { stdin: node + pod('web', '10.244.1.1') });
    expect(out).toContain('mode: Observe');
    const linted = await runPostern(['lint', '-f', '-'], { stdin: out });
    expect(linted).toMatchObject({ code: 0, err: '' });
    expect(linted.out).toContain('0 errors, 0 warnings');
  });

  it('denies nothing from networks in which others may be', async () => {
    const { out } = await runPostern(['survey', '-f', '-', '-o', 'yaml'], { stdin: node + pod('web', '192.168.7.1') });
    expect(out).toContain("# clusterNetworks: ['192.168.0.0/16']");
    expect(out).not.toMatch(/^ {2}clusterNetworks/m);
  });
});

it('prints a page that names what stands out', async () => {
  const stdin = node + pod('web', '10.244.1.1') + pod('agent', '192.168.1.5', ', hostNetwork: true');
  const { out, code } = await runPostern(['survey', '-f', '-'], { stdin });
  expect(code).toBe(0);
  expect(out).toContain('2 of 2 (100 %), those on the host network included');
  expect(out).toContain('shop: no network policy restricts the pods there');
  expect(out).toContain('shop/Pod/agent: on the host network');
});

it('says what could not be read, and surveys the rest', async () => {
  const { out, err, code } = await runPostern(['survey', '-f', '-', '-o', 'json'], {
    stdin: `${pod('web', '10.244.1.1')}\n${pod('bad', 'nonsense')}`,
  });
  expect(code).toBe(1);
  expect(err).toContain('Pod/shop/bad');
  expect(JSON.parse(out)).toMatchObject({ pods: 1 });
});
