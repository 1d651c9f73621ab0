import { describe, expect, it } from 'vitest';
import { codes, imported, of } from '../../cli/testing/imported.ts';

describe('postern import cilium', () => {
  const policy = (spec: object, kind = 'CiliumNetworkPolicy', namespace = 'shop'): object =>
    of('cilium.io/v2', kind, spec, namespace);
  const wide = (spec: object): object => policy(spec, 'CiliumClusterwideNetworkPolicy', '');
  const egress = [{ toCIDR: ['192.0.2.0/24'] }];

  it('puts a cluster-wide Accept behind the policies of namespaces, and a Deny before them', async () => {
    const read = await imported('cilium', [
      wide({
        endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'shop', app: 'web' } },
        egress,
        egressDeny: egress,
      }),
    ]);
    const subject = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
      podSelector: { matchLabels: { app: 'web' } },
    };
    expect(read.objects).toMatchObject([
      { metadata: { name: 'web' }, spec: { tier: 'Baseline', subject, egress: [{ action: 'Accept' }] } },
      { metadata: { name: 'web-deny' }, spec: { tier: 'Admin', subject, egress: [{ action: 'Deny' }] } },
    ]);
  });

  it.each([
    ['a label that Cilium does not keep', { matchLabels: { 'pod-template-hash': 'x' } }],
    ['another namespace', { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'other' } }],
    ['something that is no pod of Kubernetes', { matchLabels: { 'reserved:host': '' } }],
  ])('does not guess whom %s selects, and denies everything where a Deny is lost', async (_, endpointSelector) => {
    const read = await imported('cilium', [policy({ endpointSelector, egress })]);
    expect([read.code, read.objects, codes(read)]).toMatchObject([
      1,
      [],
      expect.arrayContaining(['lost selector-not-expressible']),
    ]);
    const denies = await imported('cilium', [policy({ endpointSelector, egress, egressDeny: egress })]);
    expect(denies.objects).toMatchObject([
      { spec: { subject: { allPods: true }, action: 'Deny', to: [{ allPorts: true }] } },
    ]);
  });

  it('takes a wildcard of one label for deeper names only where that is said', async () => {
    const named = policy({ endpointSelector: {}, egress: [{ toFQDNs: [{ matchPattern: '*.example.com' }] }] });
    const without = await imported('cilium', [named]);
    expect([without.code, without.objects]).toEqual([1, []]);
    const deeper = await imported('cilium', [named], '--deeper-names');
    expect([deeper.code, codes(deeper)]).toMatchObject([0, expect.arrayContaining(['changed deeper-names'])]);
    expect(JSON.stringify(deeper.objects)).toContain('*.example.com');
  });
});
