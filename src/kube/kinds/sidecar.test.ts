import { describe, expect, it } from 'vitest';
import { initArgsIn, sidecarOf } from './sidecar.ts';

const mark = 'sidecar.istio.io/status';
const ports = 'traffic.sidecar.istio.io/excludeOutboundPorts';
const injected = { [mark]: '{"initContainers":["istio-init"],"containers":["istio-proxy"]}' };
/** As the injector of Istio 1.24 writes it, with the given flags at last. */
const told = (...more: readonly string[]): readonly string[] => [
  ...['istio-iptables', '-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '*'],
  ...['-d', '15090,15021,15020', ...more, '--log_output_level=default:info'],
];

describe('what istio-init was told', () => {
  it.each([
    ['nothing else, as in most meshes', injected, told(), {}],
    ['a port of the whole mesh', injected, told('-o', '9093'), { 'istio-init -o': '9093' }],
    ['ranges of the whole mesh', injected, told('-x', '10.0.0.0/8'), { 'istio-init -x': '10.0.0.0/8' }],
    ['in long', injected, told('--istio-service-cidr=10.0.0.0/8'), { 'istio-init -i': '10.0.0.0/8' }],
    ['in short', injected, told('-o22', '-c=net1'), { 'istio-init -o': '22', 'istio-init -c': 'net1' }],
    ['what its annotation says', { ...injected, [ports]: '22' }, told('-o', '22'), {}],
    ['not what its annotation says since', { ...injected, [ports]: '22' }, told(), { 'istio-init -o': '' }],
    ['something else altogether', injected, ['sleep', '1'], { 'istio-init': 'unreadable' }],
  ] as const)('%s', (_, annotations, args, more) => {
    const said = Object.fromEntries(
      Object.entries(annotations).map(([key, value]) => [key, key === mark ? '' : value]),
    );
    expect(sidecarOf(annotations, args)).toEqual({ sidecar: { ...said, ...more } });
  });

  it('does not count without the mark of the injector', () => {
    expect(sidecarOf({ [ports]: '22' }, told('-o', '9093'))).toEqual({ sidecar: { [ports]: '22' } });
    expect(sidecarOf({}, told('-o', '9093'))).toEqual({});
  });

  it.each([
    ['with the CNI plugin', { [mark]: '{"initContainers":["istio-validation","istio-proxy"]}' }, {}],
    [
      'with an older plugin',
      { [mark]: '{"initContainers":null}', 'sidecar.istio.io/interceptionMode': 'REDIRECT' },
      {},
    ],
    ['by a mark that names no containers', { [mark]: '{"version":"x"}' }, {}],
    ['without interception', { [mark]: '{"initContainers":["istio-proxy"]}' }, { 'istio-init': 'absent' }],
    ['of a gateway', { [mark]: '{"initContainers":null}' }, { 'istio-init': 'absent' }],
  ] as const)('is not there %s', (_, annotations, more) => {
    expect(sidecarOf(annotations, undefined)).toEqual({ sidecar: { ...annotations, [mark]: '', ...more } });
  });

  it('is found among init containers, and nothing else is', () => {
    const others = [null, { name: 'warm-up', args: ['-x'] }, { name: 'istio-init-b', args: ['a'] }];
    expect(initArgsIn([...others, { name: 'istio-init', args: told() }])).toEqual(told());
    expect(initArgsIn([{ name: 'istio-init', command: ['true'], args: ['a'] }])).toEqual(['true', 'a']);
    for (const none of [undefined, 'x', others, [{ name: 'istio-init', args: [15001] }]]) {
      expect(initArgsIn(none)).toBeUndefined();
    }
  });
});

describe('what a pod says of its proxy alone', () => {
  const of = (config: string, more = {}): unknown =>
    sidecarOf({ 'proxy.istio.io/config': config, ...more }, undefined).sidecar;
  const answering = 'proxy.istio.io/config ISTIO_META_DNS_CAPTURE';

  it.each([
    ['as YAML', 'concurrency: 2\nproxyMetadata:\n  ISTIO_META_DNS_CAPTURE: "true"\n', { [answering]: 'true' }],
    ['as JSON', '{"proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"false"}}', { [answering]: 'false' }],
    [
      'with whether it has addresses for all names',
      '{"proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true","ISTIO_META_DNS_AUTO_ALLOCATE":"true"}}',
      { [answering]: 'true', 'proxy.istio.io/config ISTIO_META_DNS_AUTO_ALLOCATE': 'true' },
    ],
    ['but not in a comment', '# ISTIO_META_DNS_CAPTURE: "true"\nconcurrency: 2', undefined],
    ['but not under a name like it', 'proxyMetadata: { MY_ISTIO_META_DNS_CAPTURE: "true" }', undefined],
    [
      'the mode, of what is not injected yet',
      'interceptionMode: NONE',
      { 'sidecar.istio.io/interceptionMode': 'NONE' },
    ],
    ['nothing that decides', 'holdApplicationUntilProxyStarts: true', undefined],
  ])('is read %s', (_, config, expected) => expect(of(config)).toEqual(expected));

  it('says nothing of the mode where the injector has written it, and less than the annotation for it', () => {
    expect(of('interceptionMode: NONE', { [mark]: '{}' })).toEqual({ [mark]: '' });
    const tproxy = { 'sidecar.istio.io/interceptionMode': 'TPROXY' };
    expect(of('interceptionMode: NONE', tproxy)).toEqual(tproxy);
  });
});
