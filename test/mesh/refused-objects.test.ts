import { describe, expect, it } from 'vitest';
import { registryOnly } from '../../src/verify/mesh/testing/fixtures.ts';
import { checkMesh } from '../../src/verify/mesh/checks/check-mesh.ts';
import { readMesh } from '../../src/verify/mesh/objects/snapshot.ts';
import { judgedObjects } from './refused-objects.ts';

const owner = { label: 'ours', value: 'yes' };

describe('objects that istiod refuses', () => {
  it.each(
    judgedObjects.map(({ object, refused }) => [JSON.stringify((object as { spec?: object }).spec), object, refused]),
  )('%s', (_, object, refused) => {
    const found = checkMesh(readMesh([object], registryOnly), { owner }).filter(({ id }) => id === 'S33');
    expect([...new Set(found.map(({ field }) => field))]).toEqual(refused === '' ? [] : [refused]);
  });
});
