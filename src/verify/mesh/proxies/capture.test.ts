import { describe, expect, it } from 'vitest';
import type { MeshClient, MeshTarget } from '../answer.ts';
import { evaluateMesh } from '../evaluate.ts';
import { meshMode } from '../mode.ts';
import { checkout, meshOf, to, wholeMesh } from '../testing/fixtures.ts';

const { judge } = evaluateMesh(meshOf(wholeMesh));

function judged(annotations: Readonly<Record<string, string>>, target: MeshTarget): string {
  const named = Object.entries(annotations).map(
    ([name, value]) => [`traffic.sidecar.istio.io/${name}`, value] as const,
  );
  const client: MeshClient = { ...checkout, sidecar: Object.fromEntries(named) };
  const { verdict, certain, path } = judge(client, target);
  return `${verdict} ${path}${certain ? '' : ' ?'}`;
}

const evil = to('evil.test');
const at = (address: string, port = 443): MeshTarget => ({ address, port, protocol: 'TCP' });

describe('what a sidecar catches', () => {
  it.each([
    ['all of it', {}, evil, 'Deny none'],
    ['not an excluded port', { excludeOutboundPorts: '22, 443' }, evil, 'Accept direct'],
    ['other ports all the same', { excludeOutboundPorts: '22' }, evil, 'Deny none'],
    ['not an excluded network', { excludeOutboundIPRanges: '203.0.113.0/24' }, at('203.0.113.9'), 'Accept direct'],
    ['addresses beside it', { excludeOutboundIPRanges: '203.0.113.0/24' }, at('198.51.100.9'), 'Deny none'],
    ['a name, which may lead into it', { excludeOutboundIPRanges: '203.0.113.0/24' }, evil, 'Accept direct ?'],
    ['nothing at all', { excludeOutboundIPRanges: '*' }, evil, 'Accept direct'],
    ['some networks only', { includeOutboundIPRanges: '10.0.0.0/8' }, at('203.0.113.9'), 'Accept direct'],
    ['those networks', { includeOutboundIPRanges: '10.0.0.0/8' }, at('10.9.9.9'), 'Deny none'],
    ['no network', { includeOutboundIPRanges: '' }, evil, 'Accept direct'],
    [
      'a port beside the networks',
      { includeOutboundIPRanges: '10.0.0.0/8', includeOutboundPorts: '443' },
      evil,
      'Deny none',
    ],
  ] as const)('%s', (_, annotations, target, expected) => {
    expect(judged(annotations, target)).toBe(expected);
  });

  it('nothing without interception, and the annotation says so', () => {
    const sidecar = { 'sidecar.istio.io/interceptionMode': 'NONE' };
    const [step] = judge({ ...checkout, sidecar }, evil).steps;
    expect(step).toMatchObject({ layer: 'sidecar', object: 'sidecar.istio.io/interceptionMode', verdict: 'Accept' });
  });
});

describe('what istio-init was told of the whole mesh', () => {
  const mine = (more: Readonly<Record<string, string>>, target: MeshTarget): string => {
    const { verdict, certain, path, steps } = judge({ ...checkout, sidecar: more }, target);
    return `${verdict} ${path}${certain ? '' : ' ?'} ${steps[0]?.object ?? ''}`;
  };
  const ports = 'traffic.sidecar.istio.io/excludeOutboundPorts';

  it.each([
    ['takes a port around it', { 'istio-init -o': '443' }, evil, 'Accept direct istio-init -o'],
    [
      'takes a network around it',
      { 'istio-init -x': '203.0.113.0/24' },
      at('203.0.113.9'),
      'Accept direct istio-init -x',
    ],
    ['has it catch some networks', { 'istio-init -i': '10.0.0.0/8' }, at('203.0.113.9'), 'Accept direct istio-init -i'],
    ['has it catch a port', { 'istio-init -i': '', 'istio-init -q': '443' }, evil, 'Deny none'],
    ['comes before an annotation that was added since', { [ports]: '443', 'istio-init -o': '' }, evil, 'Deny none'],
    ['mode and all', { 'sidecar.istio.io/interceptionMode': 'NONE', 'istio-init -m': 'REDIRECT' }, evil, 'Deny none'],
    ['leaves out what another interface takes', { 'istio-init -c': 'net1' }, evil, 'Accept direct ? istio-init -c'],
    ['and nothing, if it is not there', { 'istio-init': 'absent' }, evil, 'Accept direct ? sidecar.istio.io/status'],
    ['nor runs as it should', { 'istio-init': 'unreadable' }, evil, 'Accept direct ? istio-init'],
  ] as const)('%s', (_, sidecar, target, expected) => {
    expect(mine(sidecar, target)).toContain(expected);
  });
});

describe('how a pod is in the mesh', () => {
  const injected = { 'istio-injection': 'enabled' };
  const pod = { labels: {}, hostNetwork: false };
  const mark = { 'sidecar.istio.io/status': '' };
  const wanting = { 'sidecar.istio.io/inject': 'true' };
  const ambient = { 'istio.io/dataplane-mode': 'ambient' };
  const named = { 'service.istio.io/canonical-name': 'web' };

  it.each([
    ['as its namespace says', pod, injected, 'sidecar'],
    ['not on the network of its node', { ...pod, hostNetwork: true }, injected, 'none'],
    ['not without the mark of the injector, once it runs', { ...pod, started: 1 }, injected, 'none'],
    ['with that mark, wherever it is', { ...pod, sidecar: mark }, {}, 'sidecar'],
    ['with that mark from before', { ...pod, sidecar: mark }, { 'istio-injection': 'disabled' }, 'sidecar'],
    [
      'not with that mark where it asks for none',
      { ...pod, labels: { 'sidecar.istio.io/inject': 'false' }, sidecar: mark },
      injected,
      'none',
    ],
    ['with that mark', { ...pod, started: 1, sidecar: mark }, injected, 'sidecar'],
    ['not if an annotation says so', { ...pod, sidecar: { 'sidecar.istio.io/inject': 'false' } }, injected, 'none'],
    [
      'if a label says otherwise',
      { ...pod, labels: { 'sidecar.istio.io/inject': 'true' }, sidecar: { 'sidecar.istio.io/inject': 'false' } },
      {},
      'sidecar',
    ],
    ['without a sidecar in ambient mode', { ...pod, started: 1 }, { 'istio.io/dataplane-mode': 'ambient' }, 'ambient'],
    ['by the revision that its own label names', { ...pod, labels: { 'istio.io/rev': 'canary' } }, {}, 'sidecar'],
    ['not where its namespace is left out', { ...pod, labels: wanting }, { 'istio-injection': 'disabled' }, 'none'],
    ['not by an annotation that nobody asks for', { ...pod, sidecar: wanting }, {}, 'none'],
    ['with a sidecar that it is to get in ambient mode', pod, { ...injected, ...ambient }, 'sidecar'],
    ['in ambient mode if it got none', { ...pod, started: 1 }, { ...injected, ...ambient }, 'ambient'],
    ['in ambient mode under a name of its own', { ...pod, labels: named, started: 1 }, ambient, 'ambient'],
  ] as const)('%s', (_, one, namespace, expected) => {
    expect(meshMode(one, namespace, [])).toBe(expected);
  });
});
