import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { MemoryObjects } from '../../kit/kubernetes/testing/memory-objects.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import { states, flows } from './testing/states.ts';
import { inWords, wider } from './testing/wider.ts';
import { aCluster, decidingRule, judgeOf, meshYaml, sync } from './testing/world.ts';

/*
 * The laws that every adapter keeps, on a mesh. The conformance kit asks them of devices that know sources by address;
 * a mesh knows them by identity, so its world has identities in it, and another judge.
 */

const canonicalHosts = { '*.example.org': 'www.example.org' };
const captured = `${meshYaml}defaultConfig: { proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true", ISTIO_META_DNS_AUTO_ALLOCATE: "true" } }\n`;
const planes = {
  'through a gateway': { config: { plane: 'gateway', canonicalHosts }, mesh: meshYaml },
  'through a gateway, with DNS capture': { config: { plane: 'gateway', canonicalHosts }, mesh: captured },
  'through a gateway, as Gateway API': {
    config: { plane: 'gateway', api: 'GatewayAPI', istioVersion: '1.31.0', canonicalHosts },
    mesh: meshYaml,
  },
  'through a waypoint': {
    config: { plane: 'ambient', istioVersion: '1.31.0', waypoint: { wildcardTls: true } },
    mesh: meshYaml,
  },
  'straight out': { config: { plane: 'direct' }, mesh: meshYaml },
} as const;
const runs = { seed: 20_261_121, numRuns: 20 };
const nothing: DesiredState = {
  point: 'mesh',
  defaultAction: 'Deny',
  groups: [],
  rules: [],
  namespaces: ['news', 'shop'],
};

function told(objects: MemoryObjects): unknown {
  const lines = objects
    .all()
    .map(({ kind, metadata: { namespace = '', name, labels, annotations }, spec }) => [
      kind,
      namespace,
      name,
      labels,
      annotations,
      spec,
    ]);
  return lines.sort((a, b) => (JSON.stringify(a.slice(0, 3)) < JSON.stringify(b.slice(0, 3)) ? -1 : 1));
}

/** Flows that are desired, as the rule says that they are spoken, and that the mesh denies. */
function narrower(objects: MemoryObjects, desired: DesiredState, isAmbient: boolean): readonly string[] {
  const judge = judgeOf(objects, isAmbient);
  return flows.flatMap((flow) => {
    const { port, appProtocol } = flow.target;
    const wanted = [port, 443].some((outside) => {
      const rule = decidingRule(desired, flow, outside);
      if (rule?.action !== 'Accept') return false;
      if (rule.originate === true) return outside === 443 && port === 80;
      return outside === port && rule.ports.some((range) => range.port === port && range.appProtocol === appProtocol);
    });
    const answer = wanted ? judge(flow) : undefined;
    return answer?.verdict === 'Deny' ? [`${inWords(flow)} is stopped: ${JSON.stringify(answer.steps.at(-1))}`] : [];
  });
}

/** The order of rules in which a name is denied below a wildcard that is accepted, for one of its users and for all. */
const belowWildcard = fc.sample(states, { seed: 7, numRuns: 400 }).filter(({ rules }) => {
  const wildcard = rules.findIndex(({ destination }) => destination.names.includes('*.example.org'));
  const name = rules.findIndex(
    ({ action, destination }) => action === 'Deny' && destination.names.includes('b.example.org'),
  );
  return wildcard >= 0 && name >= 0 && name < wildcard;
});

describe.each(Object.entries(planes))('a mesh, %s', (_, { config, mesh }) => {
  const isAmbient = config.plane === 'ambient';

  it('permits what is desired and nothing else, settles, and leaves nothing behind', async () => {
    const empty = aCluster({ mesh, waypoint: true });
    await sync(empty, nothing, { config });
    await fc.assert(
      fc.asyncProperty(states, async (desired) => {
        const objects = aCluster({ mesh, waypoint: true });
        const first = await sync(objects, desired, { config });
        expect([first.error?.message, first.remaining, wider(objects, [desired], isAmbient).slice(0, 2)]).toEqual([
          undefined,
          [],
          [],
        ]);
        if (first.losses.every(({ code }) => code === 'mesh-ambient-default'))
          expect(narrower(objects, desired, isAmbient).slice(0, 2)).toEqual([]);
        const again = await sync(objects, desired, { config });
        expect([again.state, again.plan.changes]).toEqual([first.state, []]);
        await sync(objects, nothing, { config });
        expect(told(objects)).toEqual(told(empty));
      }),
      runs,
    );
  });

  it('keeps a name closed below a wildcard that is open', async () => {
    expect(belowWildcard.length).toBeGreaterThan(5);
    for (const desired of belowWildcard) {
      const objects = aCluster({ mesh, waypoint: true });
      await sync(objects, desired, { config });
      expect(wider(objects, [desired], isAmbient)).toEqual([]);
    }
  });

  it('is after no single request wider than before or after', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(states, { minLength: 2, maxLength: 4 }), async (walk) => {
        const objects = aCluster({ mesh, waypoint: true });
        await sync(objects, nothing, { config });
        let before = nothing;
        for (const desired of [...walk, nothing]) {
          const objections: string[] = [];
          objects.onWritten = ({ verb, kind, name }) => {
            for (const objection of wider(objects, [before, desired], isAmbient))
              objections.push(`after ${verb} ${kind} ${name}: ${objection}`);
          };
          expect((await sync(objects, desired, { config })).error).toBeUndefined();
          expect(objections.slice(0, 2)).toEqual([]);
          before = desired;
        }
      }),
      { ...runs, numRuns: 8 },
    );
  });

  it('ends the same wherever it is broken off, and whatever was there before', async () => {
    await fc.assert(
      fc.asyncProperty(states, states, fc.nat(30), async (before, desired, at) => {
        const straight = aCluster({ mesh, waypoint: true });
        await sync(straight, desired, { config });
        const objects = aCluster({ mesh, waypoint: true });
        await sync(objects, before, { config });
        let writes = 0;
        objects.onCall = ({ verb }) => {
          if (verb === 'patch' || verb === 'delete' || verb === 'update') writes += 1;
          if (writes > at) throw new AdapterError('transient', 'cut off');
        };
        await sync(objects, desired, { config }).catch(() => undefined);
        objects.onCall = () => undefined;
        expect((await sync(objects, desired, { config })).error).toBeUndefined();
        expect(told(objects)).toEqual(told(straight));
      }),
      runs,
    );
  });
});
