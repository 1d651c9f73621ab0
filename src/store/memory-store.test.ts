import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aPoint } from '../../test/kit/builders.ts';
import { describeDesiredStore } from '../../test/kit/desired-store-contract.ts';
import type { DesiredState } from '../core/model/desired.ts';
import { MemoryDesiredStore } from './memory-store.ts';

describe('MemoryDesiredStore', () => {
  describeDesiredStore(() => Promise.resolve({ store: new MemoryDesiredStore(), end: () => Promise.resolve() }));

  it('gives what was built with a version that it has, whatever is published meanwhile', async () => {
    const store = new MemoryDesiredStore();
    const stateWith = (members: string[]): DesiredState => aDesiredState({ groups: [aGroup({ members })] });
    let build = (_: DesiredState): void => undefined;
    const building = new Promise<DesiredState>((resolve) => (build = resolve));
    const publication = { point: aPoint(), groups: [], ended: [], synced: true };
    const version = await store.publish({ ...publication, rulesChanged: true, desired: () => building });
    const asked = (await store.take('edge'))?.snapshot();
    await store.publish({ ...publication, rulesChanged: false, desired: () => stateWith([]) });
    build(stateWith(['10.0.0.1']));
    expect(await asked).toMatchObject({ version, desired: stateWith(['10.0.0.1']) });
  });
});
