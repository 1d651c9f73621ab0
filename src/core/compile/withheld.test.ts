import { expect, it } from 'vitest';
import type { ObjectChange } from '../model/snapshot.ts';
import { Compiler } from './compiler.ts';
import { changesOf, gone, pod, point, policy } from './testing/builders.ts';

const now = '2026-06-01T00:00:00Z';
const web = (name: string, address: string) => pod(`shop/${name}`, { addresses: [address] });
const broken: ObjectChange = { kind: 'EgressPolicy', key: 'shop/no-archive', object: undefined, unreadable: true };
const change = (object: ReturnType<typeof web>): ObjectChange => ({ kind: 'Pod', key: `shop/${object.name}`, object });

function started(): Compiler {
  const compiler = new Compiler();
  const enforcementPoints = [
    point('edge'),
    point('bank', { namespaceSelector: { matchLabels: { team: 'bank' } } }),
    point('mesh', { vantage: { type: 'Identity' } }),
  ];
  const pods = [web('web-1', '10.0.0.1'), pod('bank/b', { addresses: ['10.0.0.9'] })];
  const egressPolicies = [policy('shop/web', { to: [{ networks: ['203.0.113.0/24'] }] })];
  compiler.apply([...changesOf({ pods, egressPolicies, enforcementPoints }), broken], now);
  return compiler;
}

it('says to the points that cover it in which namespace a policy cannot be read, and who is there', () => {
  const compiler = started();
  const shop = { namespace: 'shop', policies: ['no-archive'] };
  expect(['edge', 'bank', 'mesh'].map((name) => compiler.desired(name)?.withheld)).toEqual([
    [{ ...shop, members: ['10.0.0.1'] }],
    undefined,
    [{ ...shop, members: ['shop/default'] }],
  ]);
});

it('has such points look at the whole when somebody comes or goes there, and no others', () => {
  const compiler = started();
  const { points } = compiler.apply([change(web('web-2', '10.0.0.2'))], now);
  expect([...points].map(([name, { rulesChanged }]) => [name, rulesChanged])).toEqual([
    ['edge', true],
    ['mesh', true],
  ]);
  expect(compiler.desired('edge')?.withheld?.[0]?.members).toEqual(['10.0.0.1', '10.0.0.2']);
  const elsewhere = compiler.apply([{ kind: 'Pod', key: 'bank/b', object: undefined }], now);
  expect([...elsewhere.points.values()].some(({ rulesChanged }) => rulesChanged)).toBe(false);
});

it.each([
  ['is gone', gone('EgressPolicy', 'shop/no-archive')],
  [
    'can be read',
    {
      kind: 'EgressPolicy',
      key: 'shop/no-archive',
      object: policy('shop/no-archive', { action: 'Deny', to: [{ networks: ['203.0.113.9/32'] }] }),
    } as const,
  ],
])('withholds nothing any more once it %s', (_, last) => {
  const compiler = started();
  const { points } = compiler.apply([last], now);
  expect(points.get('edge')?.rulesChanged).toBe(true);
  expect(compiler.desired('edge')?.withheld).toBeUndefined();
});
