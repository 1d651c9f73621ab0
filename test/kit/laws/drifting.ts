import { expect } from 'vitest';
import { drifts, type Drift } from '../harness.ts';
import type { Law } from '../law.ts';
import { monday } from './states.ts';

export const drift: readonly Law[] = (Object.keys(drifts) as Drift[]).map((kind) => ({
  name: `sees and heals it when ${drifts[kind]}`,
  why: 'What is on the device must be what was approved, not what was approved once.',
  async run(rig) {
    await rig.settle(monday);
    const approved = rig.dump();
    rig.harness.edit(kind);
    const edited = rig.dump();
    expect(edited).not.toEqual(approved);
    const seen = await rig.sync(monday, { mode: 'Observe' });
    expect(seen.state).toBe('planned');
    expect(rig.dump()).toEqual(edited);
    rig.expectAsDesired(monday, await rig.settle(monday));
    expect(rig.dump()).toEqual(approved);
  },
}));
