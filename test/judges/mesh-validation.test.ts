import { describe, expect, it } from 'vitest';
import { judgedObjects } from '../mesh/refused-objects.ts';
import { installedMesh, playMesh } from './istiod-engine.ts';

/* What lint says that istiod refuses is what the webhook of the real istiod refuses. */

const engine = installedMesh();

describe.runIf(engine !== undefined)('the webhook of istiod', () => {
  it('refuses what lint says that it does, and nothing else', async () => {
    const objects = judgedObjects.map(({ object }) => object);
    const { refusals } = await playMesh(engine ?? '', objects, []);
    const refused = refusals.flatMap((line) => /refused by istiod: (\w+ \S+):/.exec(line)?.[1] ?? []);
    const expected = judgedObjects.filter((one) => one.refused !== '').map((one) => one.object);
    expect(refused.sort()).toEqual(
      expected.map(({ kind, metadata: { namespace, name } }) => `${kind} ${namespace}/${name}`).sort(),
    );
  });
});
