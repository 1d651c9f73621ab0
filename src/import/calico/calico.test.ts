import { describe, expect, it, vi } from 'vitest';
import { codes, imported, of, type Read } from '../../cli/testing/imported.ts';
import { importCalicoPolicies } from './calico.ts';

describe('postern import calico', () => {
  const policy = (spec: object, namespace = 'shop', name = 'web'): object =>
    of(
      'projectcalico.org/v3',
      namespace ? 'NetworkPolicy' : 'GlobalNetworkPolicy',
      { types: ['Egress'], ...spec },
      namespace,
      name,
    );
  const allow = { action: 'Allow', protocol: 'TCP', destination: { nets: ['192.0.2.0/24'], ports: [443] } };
  const priorities = ({ objects }: Read) =>
    objects.map(({ metadata, spec }) => [metadata.name.split('-')[0], (spec as { priority: number }).priority]);

  it('asks policies in their order, and keeps the rules in theirs', async () => {
    const read = await imported('calico', [
      policy({ order: 20, selector: 'all()', egress: [allow] }, '', 'late'),
      policy(
        {
          order: 10,
          selector: "app == 'web'",
          egress: [{ action: 'Deny', destination: { nets: ['192.0.2.7/32'] } }, allow],
        },
        '',
        'early',
      ),
    ]);
    const [early, late] = [...priorities(read)].sort(([, a], [, b]) => Number(a) - Number(b));
    expect([early?.[0], late?.[0]]).toEqual(['early', 'late']);
    const own = read.objects.find(({ metadata }) => metadata.name === 'early');
    expect(own?.spec).toMatchObject({ tier: 'Admin', egress: [{ action: 'Deny' }, { action: 'Accept' }] });
  });

  it('says what it does not know of their order, and denies everything where a Deny cannot be read', async () => {
    const same = (egress: readonly object[]): Promise<Read> =>
      imported('calico', [
        policy({ selector: 'all()', egress: [allow] }, '', 'a'),
        policy({ selector: 'all()', egress }, '', 'b'),
      ]);
    expect(codes(await same([allow]))).not.toContain('changed equal-order');
    const denies = await same([{ action: 'Deny', destination: { nets: ['192.0.2.7/32'] } }]);
    expect(codes(denies).filter((code) => code === 'changed equal-order')).toHaveLength(2);
    expect([...priorities(denies)].sort(([, a], [, b]) => Number(a) - Number(b)).map(([name]) => name)).toEqual([
      'b',
      'a',
    ]);
    const odd = { selector: "app starts with 'we'", egress: [{ action: 'Deny' }, allow] };
    const read = await imported('calico', [policy(odd)]);
    expect([read.code, codes(read)]).toMatchObject([1, expect.arrayContaining(['changed denies-more'])]);
    expect(read.objects).toMatchObject([{ spec: { subject: { allPods: true }, egress: [{ action: 'Deny' }] } }]);
  });
});

describe('postern import calico', () => {
  it('takes twice as much work for twice as many policies', () => {
    const stringify = vi.spyOn(JSON, 'stringify');
    const work = (count: number): number => {
      const spec = {
        order: 1,
        types: ['Egress'],
        egress: [{ action: 'Allow', destination: { nets: ['192.0.2.0/24'] } }],
      };
      const policies = Array.from({ length: count }, (_, at) =>
        of('projectcalico.org/v3', 'GlobalNetworkPolicy', spec, '', `p${at}`),
      );
      stringify.mockClear();
      importCalicoPolicies(policies, { home: 'shop', point: 'edge' });
      return stringify.mock.calls.length;
    };
    try {
      // What is done once and for all is done.
      work(1);
      expect(work(40)).toBe(2 * work(20));
    } finally {
      stringify.mockRestore();
    }
  });
});
