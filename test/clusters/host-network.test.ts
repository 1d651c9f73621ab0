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
      'the mesh lets it out, but the pod is on the network of its node, whose address is in no group: the point has vantage Pod',
    );
    const { verdict, sentence } = await why('shop/host-web', allowed, ...cluster, edge());
    expect(verdict).toBe('Deny');
    expect(sentence).toContain('is blocked at edge because the pod is on the network of its node');
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
