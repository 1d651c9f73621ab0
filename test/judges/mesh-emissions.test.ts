import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestOf } from '../mesh/worlds.ts';
import { installedMesh } from './istiod-engine.ts';
import { playCluster, type PlayedWorld } from './mesh-play.ts';
import { foreignObjects, meshWorlds } from './mesh-worlds.ts';

/*
 * The real istiod and Envoy judge what we write for a mesh, and what our own model says of it.
 */

const engine = installedMesh();
/** By hand: `MESH_WORLDS=300 npx vitest run test/judges/mesh-emissions.test.ts`. */
const numRuns = Number(process.env['MESH_WORLDS'] ?? 14);
const seed = Number(process.env['MESH_SEED'] ?? 20_261_129);

/** What was reached and may not be; what may be reached, was not, and was not said beforehand. */
function faultsOf({ outcomes, losses }: PlayedWorld): readonly string[] {
  return outcomes.flatMap(({ flow: { id }, real, isWithin, isWanted }) => {
    if (isWithin === false) return [`wider: ${id} reached ${real.server ?? ''}:${real.server_port ?? ''}`];
    if (!isWanted || real.verdict === 'reached') return [];
    return losses.some((loss) => !loss.startsWith('elsewhere'))
      ? []
      : [`narrower: ${id} was refused by ${real.by ?? ''}`];
  });
}

/** Where the model says for certain what is not so. */
function wrongOf({ outcomes }: PlayedWorld): readonly string[] {
  return outcomes.flatMap(({ flow: { id }, real, model }) => {
    if (model?.certain !== true) return [];
    const { verdict, outside, steps } = model;
    // It says that there is a way, which is another than the one that was played.
    const isOtherWay = steps.some(({ reason }) => /^(lets a request|puts it behind|takes a share)/.test(reason));
    const said = verdict === 'Deny' ? 'refused' : `reached ${outside.host || outside.address}:${outside.port}`;
    const was = real.verdict === 'refused' ? 'refused' : `reached ${real.server ?? ''}:${real.server_port ?? ''}`;
    const last = steps.at(-1);
    if (said === was || isOtherWay) return [];
    return [
      `${id}: the model says ${said} (${last?.object ?? ''} ${last?.reason ?? ''}), it was ${was} by ${real.by ?? ''}`,
    ];
  });
}

function manifestIn(folder: string): string {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.map((file) => `---\n${readFileSync(join(folder, file), 'utf8')}\n`).join('');
}

describe.runIf(engine !== undefined)('a real mesh', { timeout: 3_600_000 }, () => {
  it.each(['mesh-two-applications-three-services', 'mesh-per-namespace-and-service-account', 'egress-gateway'])(
    'does with every flow of example %s what its matrix says',
    async (name) => {
      const played = await playCluster(engine ?? '', manifestIn(`examples/${name}`));
      expect(faultsOf(played)).toEqual([]);
      expect(wrongOf(played)).toEqual([]);
      expect(played.outcomes.some(({ real }) => real.verdict === 'reached')).toBe(true);
    },
  );

  it('permits what is wanted of generated clusters, or less with a word, and never more', async () => {
    await fc.assert(
      fc.asyncProperty(meshWorlds, async (world) => {
        const played = await playCluster(engine ?? '', manifestOf(world));
        expect([...faultsOf(played), ...wrongOf(played)]).toEqual([]);
      }),
      { numRuns, seed, endOnFailure: process.env['CI'] === 'true' },
    );
  });

  it('does what the model says also where others have objects', async () => {
    await fc.assert(
      fc.asyncProperty(meshWorlds, foreignObjects, async (world, others) => {
        expect(wrongOf(await playCluster(engine ?? '', manifestOf({ ...world, others })))).toEqual([]);
      }),
      { numRuns, seed, endOnFailure: process.env['CI'] === 'true' },
    );
  });
});
