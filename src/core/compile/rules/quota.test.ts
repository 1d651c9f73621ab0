import { describe, expect, it } from 'vitest';
import { Compiler } from '../compiler.ts';
import { changesOf, namespace, pod, point, policy } from '../testing/builders.ts';

const now = '2026-06-01T00:00:00Z';
const edge = point('edge', { quota: { entriesPerNamespace: 3 } });
const web = { labels: { app: 'web' } };

/** One that lets the web pods of a namespace go somewhere of its own. */
function made(key: string, minute: number, action: 'Accept' | 'Deny' = 'Accept', entries = 1) {
  const to = Array.from({ length: entries }, (_, at) => ({ networks: [`203.0.${minute}.${at}/32`] }));
  const subject = { podSelector: { matchLabels: { app: 'web' } } };
  const creationTimestamp = `2026-05-01T00:${String(minute).padStart(2, '0')}:00Z`;
  return policy(key, { subject, action, to }, { creationTimestamp });
}

function compiled(parts: Parameters<typeof changesOf>[0]): Compiler {
  const compiler = new Compiler();
  const pods = [
    pod('shop/web-1', { ...web, addresses: ['10.0.0.1'] }),
    pod('evil/web-1', { ...web, addresses: ['10.0.0.2'] }),
  ];
  compiler.apply(changesOf({ pods, enforcementPoints: [edge], ...parts }), now);
  return compiler;
}

const inForce = (compiler: Compiler): string[] =>
  (compiler.desired('edge')?.rules ?? []).map(({ origin }) => `${origin.namespace}/${origin.name}`).sort();
const refused = (compiler: Compiler): string[] =>
  compiler
    .problems()
    .filter(({ code }) => code === 'quota-exceeded')
    .map(({ subject }) => subject)
    .sort();

describe('the share of a namespace', () => {
  it('keeps one tenant from taking what others have: 260 denying policies for pods that do not exist', () => {
    const flood = Array.from({ length: 260 }, (_, at) => {
      const subject = { podSelector: { matchLabels: { none: `${at}` } } };
      return policy(`evil/deny-${at}`, { subject, action: 'Deny', to: [{ networks: ['198.51.100.0/24'] }] });
    });
    const compiler = compiled({ egressPolicies: [made('shop/web', 1), made('evil/web', 2), ...flood] });
    expect(inForce(compiler).filter((name) => name.startsWith('shop/'))).toEqual(['shop/web']);
    expect(compiler.desired('edge')?.groups).toHaveLength(4);
    expect(refused(compiler)).toHaveLength(258);
    // Nothing of it is accepted while a Deny of it is left out.
    expect(refused(compiler)).toContain('EgressPolicy/evil/web');
  });

  it('leaves out the newest first, and takes it in when there is room', () => {
    const four = [made('shop/d', 1), made('shop/c', 2), made('shop/b', 3), made('shop/a', 4)];
    const compiler = compiled({ egressPolicies: four });
    expect([inForce(compiler), refused(compiler)]).toEqual([['shop/b', 'shop/c', 'shop/d'], ['EgressPolicy/shop/a']]);
    compiler.apply([{ kind: 'EgressPolicy', key: 'shop/c', object: undefined }], now);
    expect([inForce(compiler), refused(compiler)]).toEqual([['shop/a', 'shop/b', 'shop/d'], []]);
  });

  it('counts entries, denying policies before all others', () => {
    const compiler = compiled({ egressPolicies: [made('shop/old', 1), made('shop/deny', 9, 'Deny', 3)] });
    expect([...new Set(inForce(compiler))]).toEqual(['shop/deny']);
    expect(refused(compiler)).toEqual(['EgressPolicy/shop/old']);
  });

  it('is another one where the namespace says so, and does not count where the point has none', () => {
    const policies = [made('shop/a', 1), made('shop/b', 2)];
    const labelled = namespace('shop', { 'postern.dev/quota': '1' });
    expect(inForce(compiled({ egressPolicies: policies, namespaces: [labelled] }))).toEqual(['shop/a']);
    const free = compiled({ egressPolicies: [made('shop/a', 1, 'Accept', 9)], enforcementPoints: [point('edge')] });
    expect(refused(free)).toEqual([]);
  });
});
