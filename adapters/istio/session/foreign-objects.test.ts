import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemoryObjects } from '../../../kit/kubernetes/testing/memory-objects.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { formed } from '../testing/forms.ts';
import { states } from '../testing/states.ts';
import { wider } from '../testing/wider.ts';
import { aCluster, owner as east, sync } from '../testing/world.ts';

/*
 * Two clusters whose meshes are one: both have a worker that writes into the cluster with the gateway.
 */

const west: Owner = { cluster: 'west' };
const planes = {
  'a gateway': { plane: 'gateway', canonicalHosts: { '*.example.org': 'www.example.org' } },
  'a waypoint': { plane: 'ambient', istioVersion: '1.31.0', waypoint: { wildcardTls: true } },
  'no gateway': { plane: 'direct' },
} as const;

function objectsOf(objects: MemoryObjects, { cluster }: Owner): readonly unknown[] {
  return objects.all().filter(({ metadata }) => metadata.labels?.['postern.dev/cluster'] === cluster);
}

const withoutRules = ({ rules: _, groups: __, ...rest }: DesiredState): DesiredState => ({
  ...rest,
  rules: [],
  groups: [],
});

describe.each(Object.entries(planes))('two clusters that share %s', (_, config) => {
  it('never touch what the other has written, whatever each of them wants', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), states), { minLength: 2, maxLength: 5 }), async (steps) => {
        const objects = aCluster({ waypoint: true });
        for (const [isWest, desired] of steps) {
          const [by, other] = isWest ? [west, east] : [east, west];
          const before = objectsOf(objects, other);
          const { error } = await sync(objects, desired, { config, by });
          expect(error).toBeUndefined();
          expect(objectsOf(objects, other)).toEqual(before);
        }
      }),
      { seed: 20_261_123, numRuns: 12 },
    );
  });

  it('permit together no more than what one of them wants', async () => {
    const isAmbient = config.plane === 'ambient';
    await fc.assert(
      fc.asyncProperty(states, states, async (first, second) => {
        const objects = aCluster({ waypoint: true });
        await sync(objects, first, { config, by: east });
        await sync(objects, second, { config, by: west });
        expect(wider(objects, [first, second], isAmbient).slice(0, 2)).toEqual([]);
        await sync(objects, withoutRules(first), { config, by: east });
        expect(wider(objects, [second], isAmbient).slice(0, 2)).toEqual([]);
      }),
      { seed: 20_261_124, numRuns: 12 },
    );
  });
});

describe('a gateway that two clusters share', () => {
  it('is shared with nobody who would be cut off', async () => {
    const objects = aCluster();
    await sync(objects, formed(['tls-passthrough']));
    const { losses } = await sync(objects, { ...formed(['plain-http']), namespaces: ['other'] }, { by: west });
    expect(losses).toEqual([]);
  });
});

describe('a host that another cluster has already', () => {
  it('stays with it, and is told', async () => {
    const objects = aCluster();
    const desired = formed(['tls-passthrough']);
    expect((await sync(objects, desired)).state).toBe('programmed');
    const { state, foreign } = await sync(objects, desired, { by: west });
    expect(state).toBe('held');
    expect(foreign.map(({ found }) => found)).toContainEqual(expect.stringContaining('for api.stripe.com'));
    expect((await sync(objects, desired)).plan.changes).toEqual([]);
  });
});
