import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as Instant from '../src/core/time/instant.ts';
import type { Snapshot } from '../src/core/model/snapshot.ts';
import type * as Select from '../src/core/select/requirements.ts';
import { consistencyOf } from '../src/verify/compare/consistency.ts';
import { aNamespace, aPod, aPoint, aPolicy, aSnapshot } from './kit/builders.ts';
import { layersWith, writtenPoints } from './verify-worlds.ts';

/*
 * The judge shares nothing with the compiler: selectors and times that the compiler reads wrongly show as flows on which
 * the layers differ. Each fault is planted in the compiler's own code, and the judge is asked.
 */

type Match = typeof Select.requirementsMatch;

const planted = vi.hoisted((): { match?: (real: Match) => Match; instant?: typeof Instant.parseInstant } => ({}));

// eslint-disable-next-line no-restricted-syntax -- the fault has to be inside the compiler, where no twin can be passed
vi.mock('../src/core/select/requirements.ts', async (importOriginal) => {
  const real = await importOriginal<typeof Select>();
  const match: Match = (requirements, labels) =>
    (planted.match?.(real.requirementsMatch) ?? real.requirementsMatch)(requirements, labels);
  return { ...real, requirementsMatch: match };
});

// eslint-disable-next-line no-restricted-syntax -- the fault has to be inside the compiler, where no twin can be passed
vi.mock('../src/core/time/instant.ts', async (importOriginal) => {
  const real = await importOriginal<typeof Instant>();
  return { ...real, parseInstant: (text: string) => (planted.instant ?? real.parseInstant)(text) };
});

const to = [{ networks: ['203.0.113.0/24'], ports: [{ port: 443, protocol: 'TCP' as const }] }];

const world: Snapshot = aSnapshot({
  namespaces: [aNamespace('shop', { zone: 'a' }), aNamespace('news', { zone: 'b' }), aNamespace('lab')],
  pods: [
    aPod({ name: 'web', labels: { app: 'web', tier: 'front' }, workload: 'Deployment/web', addresses: ['10.0.0.1'] }),
    aPod({ name: 'api', labels: { app: 'api', tier: 'back' }, workload: 'Deployment/api', addresses: ['10.0.0.2'] }),
    aPod({ name: 'old', labels: { app: 'web', tier: 'back' }, workload: 'Deployment/old', addresses: ['10.0.0.4'] }),
    aPod({ name: 'job', labels: { app: 'job' }, workload: 'Job/job', addresses: ['10.0.0.3'] }),
    aPod({ namespace: 'lab', name: 'web', labels: { app: 'web' }, workload: 'Pod/web', addresses: ['10.0.1.1'] }),
  ],
  egressPolicies: [
    aPolicy({ subject: { podSelector: { matchLabels: { app: 'web', tier: 'front' } } }, to }, { name: 'equal' }),
    aPolicy(
      {
        subject: { podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front', 'back'] }] } },
        to: [{ networks: ['198.51.100.0/24'] }],
      },
      { name: 'not-in' },
    ),
    aPolicy(
      {
        subject: { podSelector: { matchExpressions: [{ key: 'tier', operator: 'Exists' }] } },
        to: [{ networks: ['192.0.2.0/24'] }],
      },
      { name: 'exists' },
    ),
    aPolicy(
      { to: [{ networks: ['192.88.99.0/24'] }], governance: { expiresAt: '2026-05-31T23:30:00-01:00' } },
      { name: 'until-half-past-midnight' },
    ),
  ],
  enforcementPoints: [
    aPoint(
      {
        adapter: 'fortigate',
        config: { url: 'https://192.0.2.1' },
        namespaceSelector: { matchExpressions: [{ key: 'zone', operator: 'Exists' }] },
      },
      { name: 'edge' },
    ),
  ],
});

async function isConsistent(): Promise<boolean> {
  return consistencyOf(layersWith(world, await writtenPoints(world))).consistent;
}

afterEach(() => {
  delete planted.match;
  delete planted.instant;
});

describe('the judge', () => {
  it('agrees with a compiler that has no fault', async () => {
    expect(await isConsistent()).toBe(true);
  });

  it.each<[string, (real: Match) => Match]>([
    ['that every selector takes everything', () => () => true],
    ['that no selector takes anything', () => () => false],
    [
      'that one requirement is enough',
      (real) => (all, labels) => all.length === 0 || all.some((one) => real([one], labels)),
    ],
    [
      'that NotIn wants the key',
      (real) => (all, labels) => all.every((one) => real([{ ...one, absent: false }], labels)),
    ],
    [
      'that Exists takes objects without the key',
      (real) => (all, labels) => all.every((one) => real([{ ...one, absent: one.complement }], labels)),
    ],
    ['that only the keys count', () => (all, labels) => all.every(({ key, absent }) => absent || key in labels)],
  ])('notices a compiler that thinks %s', async (_, match) => {
    planted.match = match;
    expect(await isConsistent()).toBe(false);
  });

  it.each<[string, typeof Instant.parseInstant]>([
    ['that nothing expires', () => Infinity],
    ['that all has expired', () => -Infinity],
    ['that offsets add up', (text) => Date.parse(text.replace('-01:00', '+01:00'))],
  ])('notices a compiler that thinks %s', async (_, instant) => {
    planted.instant = instant;
    expect(await isConsistent()).toBe(false);
  });
});
