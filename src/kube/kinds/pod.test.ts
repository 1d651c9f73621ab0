import { describe, expect, it } from 'vitest';
import { readPod } from './pod.ts';

const pod = { metadata: { name: 'web', namespace: 'shop' }, spec: {} };

describe('the phase of a pod', () => {
  it.each([
    ['Running', 'Running'],
    ['Succeeded', 'Succeeded'],
    ['Hibernated', 'Unknown'],
    ['', 'Unknown'],
    [undefined, ''],
  ])('%j is %s: a word that nobody knows is no reason to refuse the pod', (phase, read) => {
    expect(readPod({ ...pod, status: { phase, podIP: '10.0.0.1' } })).toMatchObject({
      object: { phase: read, addresses: ['10.0.0.1'] },
    });
  });
});

it('has of its sidecar what istio-init was told and no annotation says', () => {
  const annotations = { 'sidecar.istio.io/status': '{}' };
  const initContainers = [{ name: 'istio-init', args: ['istio-iptables', '-m', 'REDIRECT', '-i', '*', '-o', '9093'] }];
  const read = readPod({ metadata: { ...pod.metadata, annotations }, spec: { initContainers } });
  expect(read).toMatchObject({ object: { sidecar: { 'sidecar.istio.io/status': '', 'istio-init -o': '9093' } } });
});

describe('the addresses of a pod', () => {
  it.each([
    [['10.0.0.1'], '10.0.0.1', ['10.0.0.1']],
    [['10.0.0.1', '2001:DB8::1'], '10.0.0.1', ['10.0.0.1', '2001:db8::1']],
    [['2001:db8::1', '10.0.0.1', '10.0.0.2', '2001:db8::2'], '10.0.0.3', ['2001:db8::1', '10.0.0.1']],
    [undefined, '10.0.0.1', ['10.0.0.1']],
    [[], '', []],
  ])('%j with %j are %j: one of each family, in canonical text', (listed, podIP, addresses) => {
    const podIPs = listed?.map((ip) => ({ ip }));
    expect(readPod({ ...pod, status: { podIP, podIPs } })).toMatchObject({ object: { addresses } });
  });
});
