import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestOf } from '../mesh/worlds.ts';
import { installedMesh } from './istiod-engine.ts';
import { faultsOf, wrongOf } from './mesh-differences.ts';
import { playCluster } from './mesh-play.ts';
import { hasGatewayApi } from './gateway-api.ts';
import { foreignObjects, foreignRoutes, meshWorlds, routeWorlds } from './mesh-worlds.ts';

/*
 * The real istiod and Envoy judge what we write for a mesh, and what our own model says of it.
 */

const engine = installedMesh();
const translates = hasGatewayApi(engine);
const worlds = translates ? meshWorlds : meshWorlds.filter(({ config }) => !('api' in config));
const examples = [
  'mesh-two-applications-three-services',
  'mesh-per-namespace-and-service-account',
  'egress-gateway',
  ...(translates ? ['mesh-gateway-api'] : []),
];
/** By hand: `MESH_WORLDS=300 npx vitest run test/judges/mesh-emissions.test.ts`. */
const numRuns = Number(process.env['MESH_WORLDS'] ?? 14);
const seed = Number(process.env['MESH_SEED'] ?? 20_261_129);

function manifestIn(folder: string): string {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.map((file) => `---\n${readFileSync(join(folder, file), 'utf8')}\n`).join('');
}

describe.runIf(engine !== undefined)('a real mesh', { timeout: 3_600_000 }, () => {
  it.each(examples)('does with every flow of example %s what its matrix says', async (name) => {
    const played = await playCluster(engine ?? '', manifestIn(`examples/${name}`));
    expect(faultsOf(played)).toEqual([]);
    expect(wrongOf(played)).toEqual([]);
    expect(played.outcomes.some(({ real }) => real.verdict === 'reached')).toBe(true);
  });

  it('permits what is wanted of generated clusters, or less with a word, and never more', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const played = await playCluster(engine ?? '', manifestOf(world));
        expect([...faultsOf(played), ...wrongOf(played)]).toEqual([]);
      }),
      { numRuns, seed, endOnFailure: process.env['CI'] === 'true' },
    );
  });

  it('does what the model says also where others have objects', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, foreignObjects, async (world, others) => {
        expect(wrongOf(await playCluster(engine ?? '', manifestOf({ ...world, others })))).toEqual([]);
      }),
      { numRuns, seed, endOnFailure: process.env['CI'] === 'true' },
    );
  });

  it.runIf(translates)('does what the model says also where others have routes of the Gateway API', async () => {
    await fc.assert(
      fc.asyncProperty(routeWorlds, foreignRoutes, async (world, others) => {
        expect(wrongOf(await playCluster(engine ?? '', manifestOf({ ...world, others })))).toEqual([]);
      }),
      { numRuns: Math.ceil(numRuns / 2), seed, endOnFailure: process.env['CI'] === 'true' },
    );
  });
});
