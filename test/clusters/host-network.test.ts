import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { allowed, edge, intent, networkPoint, node, pods, verify, why } from './asked.ts';

/* Pods on the network of their node leave under its address, and no network policy binds them. */

const onHost = (name: string, app: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${app} } }
spec: { serviceAccountName: ${app}, hostNetwork: true, nodeName: n1 }
status: { phase: Running, hostIP: 192.168.1.1, podIP: 192.168.1.1 }`;

const hosts = [onHost('host-batch', 'batch'), onHost('host-web', 'web'), node];
const cluster = [pods, intent, networkPoint, ...hosts];

describe('a pod on the network of its node', () => {
  it('is no inconsistency at a point of vantage Pod, which stops it and says so', async () => {
    const { code, found } = await verify(...cluster, edge());
    expect([code, found.consistent]).toEqual([0, true]);
    expect(found.known.map(({ reason }) => reason)).toContainEqual(
      'the mesh lets it out, but the pod is on the host network, and the address of its node is in no group: the point has vantage Pod',
    );
    const { verdict, sentence } = await why('shop/host-web', allowed, ...cluster, edge());
    expect(verdict).toBe('Deny');
    expect(sentence).toContain('is blocked at edge because the pod is on the host network');
  });

  it('walks out where the point leaves to the device what no rule of ours is about', async () => {
    const open = edge('{ type: Pod }', 'defaultAction: Accept');
    const { code, found } = await verify(...cluster, open);
    expect(code).toBe(3);
    expect(found.perimeterOnly.map(({ workload }) => workload)).toEqual(['Pod/host-batch', 'Pod/host-web']);
    expect((await why('shop/host-batch', allowed, ...cluster, open)).verdict).toBe('Accept');
  });

  it.each([
    ['Node', edge('{ type: Node }')],
    ['Static', edge('{ type: Static, networks: [198.51.100.7/32] }')],
  ])('gains at a point of vantage %s what others may, and nothing in the cluster stops it', async (_, point) => {
    const { code, found } = await verify(...cluster, point);
    expect([code, found.perimeterOnly.map(({ workload }) => workload)]).toEqual([3, ['Pod/host-batch']]);
    expect((await why('shop/host-batch', allowed, ...cluster, point)).sentence).toContain('gets out although');
  });

  it('is no peer by its labels, but by the address of its node', async () => {
    const to = (peer: string): string => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: p, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [${peer}] }] }`;
    const scraped = '192.168.1.1:9100';
    const calico = node.replace(
      'name: n1 }',
      "name: n1, annotations: { projectcalico.org/IPv4Address: '192.168.1.1/24' } }",
    );
    const around = [pods, intent, edge(), ...hosts.slice(0, 2), calico];
    expect((await why('shop/web-1', scraped, ...around, to('{ podSelector: {} }'))).verdict).toBe('Deny');
    expect((await why('shop/web-1', scraped, ...around, to('{ ipBlock: { cidr: 192.168.0.0/16 } }'))).verdict).toBe(
      'Accept',
    );
  });
});

describe('an egress gateway on the network of its node', () => {
  const read = (file: string): Promise<string> =>
    readFile(new URL(`../../examples/egress-gateway/${file}.yaml`, import.meta.url), 'utf8');
  const ofGateway = `
apiVersion: v1
kind: Node
metadata: { name: node-3 }
status: { addresses: [{ type: InternalIP, address: 192.168.1.3 }] }`;

  /** The gateway of namespace shop, its Deployment and its pod, and beside it whoever else runs on the node. */
  const world = async (addresses: string): Promise<readonly string[]> => {
    const gateways = (await read('gateways'))
      .replace('serviceAccountName: egressgateway-shop, containers', 'hostNetwork: true, containers')
      .replace('serviceAccountName: egressgateway-shop, nodeName', 'hostNetwork: true, nodeName')
      .replaceAll('10.20.3.11', '192.168.1.3');
    const points = (await read('points'))
      .split('---')
      .filter((text) => !text.includes('network-policy'))
      .join('---')
      .replace('matchLabels: { gateway: shop } } } }', `matchLabels: { gateway: shop } }, addresses: ${addresses} } }`);
    const beside = onHost('beside', 'beside').replace('n1', 'node-3').replaceAll('192.168.1.1', '192.168.1.3');
    const rest = await Promise.all(['cluster', 'policies', 'services'].map(read));
    return [...rest, gateways, points, ofGateway, beside];
  };
  const bank = ['shop/checkout-1', 'api.bank.example:80'] as const;
  it('is met under the address of the node, of which the point has to be told', async () => {
    const { verdict, sentence } = await why(...bank, ...(await world('Pod')));
    expect([verdict, sentence]).toEqual([
      'Deny',
      expect.stringContaining('say addresses: Node in spec.vantage.gateway'),
    ]);
  });

  it('lets out whoever else is on that node, where the point is told', async () => {
    const around = await world('Node');
    expect((await why(...bank, ...around)).verdict).toBe('Accept');
    const { found } = await verify(...around);
    expect(found.perimeterOnly.map(({ workload }) => workload)).toEqual(['Pod/beside']);
  });

  it('is neither selected nor bound by network policies', async () => {
    const around = await world('Node');
    const said = async (...documents: readonly string[]): Promise<readonly string[]> =>
      (await why(...bank, ...around, ...documents)).layers
        .filter(({ layer }) => layer === 'network-policy')
        .map(({ verdict, reason }) => `${verdict} ${reason}`);
    expect(await said()).toEqual([
      'Accept no network policy isolates the pod',
      'Accept no network policy binds a pod on the network of its node',
    ]);
    // The policy of the point selects the gateway by its labels.
    const network = (await read('points')).split('---').filter((text) => text.includes('network-policy'));
    expect(await said(...network)).toEqual(['Deny isolates the pod, and no rule lets the destination through']);
    // Policies speak of what the gateway would have made of it.
    expect((await why(...bank, ...around, ...network)).policy).toBe('EgressPolicy/shop/checkout');
  });
});
