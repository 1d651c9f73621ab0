import { expect } from 'vitest';
import type { DesiredState } from '../../src/core/model/desired.ts';
import type { Rig } from './rig.ts';

/** An edit by somebody else's hand is told before anything is written, and then undone as if nobody had ever made it. */
export async function expectSetBack(rig: Rig, desired: DesiredState, edit: () => void): Promise<void> {
  await rig.settle(desired);
  const approved = rig.dump();
  edit();
  const edited = rig.dump();
  expect(edited).not.toEqual(approved);
  const seen = await rig.sync(desired, { mode: 'Observe' });
  expect(seen.state).toBe('planned');
  expect(rig.dump()).toEqual(edited);
  rig.expectAsDesired(desired, await rig.settle(desired));
  expect(rig.dump()).toEqual(approved);
}
