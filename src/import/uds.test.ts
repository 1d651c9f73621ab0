import { describe, expect, it } from 'vitest';
import { codes, imported, of } from '../cli/testing/imported.ts';

describe('postern import uds', () => {
  const pkg = (...allow: readonly object[]): object => of('uds.dev/v1alpha1', 'Package', { network: { allow } });

  it('reads names, networks and what is generated', async () => {
    const read = await imported('uds', [
      pkg(
        { direction: 'Egress', selector: { app: 'w' }, remoteHost: 'api.github.com', remoteProtocol: 'TLS' },
        { direction: 'Egress', remoteCidr: '192.0.2.0/24', ports: [80, 443] },
        { direction: 'Egress', remoteGenerated: 'Anywhere', serviceAccount: 'runner' },
        { direction: 'Egress', remoteGenerated: 'KubeAPI' },
        { direction: 'Ingress', remoteGenerated: 'Anywhere' },
      ),
    ]);
    expect(read.code).toBe(0);
    expect(read.objects.map(({ metadata }) => metadata.name)).toEqual(['web-1', 'web-2', 'web-3']);
    const [first, second, third] = read.objects.map(({ spec }) => JSON.stringify(spec));
    expect(first).toContain('"domainNames":["api.github.com"],"ports":[{"port":443,"protocol":"TCP"}]');
    expect(second).toContain('"networks":["192.0.2.0/24"]');
    expect(third).toContain('"serviceAccounts":["runner"]');
    expect(third).not.toContain('169.254.169.254');
    expect(codes(read)).toContain('lost api-server');
  });

  it.each<[string, object, string]>([
    ['a name over UDP', { remoteHost: 'a.example.com', remoteProtocol: 'UDP' }, 'lost refused'],
    ['a pattern', { remoteHost: '*.example.com' }, 'lost pattern-not-expressible'],
    ['two remotes', { remoteHost: 'a.example.com', remoteNamespace: 'b' }, 'lost limit-not-expressible'],
    [
      'two subjects',
      { remoteCidr: '192.0.2.0/24', selector: { a: 'b' }, podLabels: { c: 'd' } },
      'lost limit-not-expressible',
    ],
    ['the API server', { remoteGenerated: 'KubeAPI' }, 'lost api-server'],
  ])('permits nothing by %s, and says so', async (_, allow, code) => {
    const read = await imported('uds', [pkg({ direction: 'Egress', ...allow })]);
    expect([read.objects, codes(read)]).toEqual([[], expect.arrayContaining([code])]);
  });

  it('takes the protocol of ports from remoteProtocol', async () => {
    const allow = { direction: 'Egress', remoteCidr: '192.0.2.0/24', ports: [53] };
    const protocols = [undefined, 'TCP', 'UDP'].map((remoteProtocol) => ({ ...allow, remoteProtocol }));
    const { objects } = await imported('uds', [pkg(...protocols)]);
    expect(objects.map(({ spec }) => /"ports":.*?\]/.exec(JSON.stringify(spec))?.[0])).toEqual(
      ['TCP', 'TCP', 'UDP'].map((protocol) => `"ports":[{"port":53,"protocol":"${protocol}"}]`),
    );
  });

  it('carries nothing over of an object with a field that is not known', async () => {
    const read = await imported('uds', [pkg({ direction: 'Egress', remoteCidr: '192.0.2.0/24', onlyOnSundays: true })]);
    expect([read.code, read.objects]).toEqual([1, []]);
    expect(read.report[0]).toMatchObject({ code: 'unreadable', field: 'spec.network.allow[0].onlyOnSundays' });
  });
});
