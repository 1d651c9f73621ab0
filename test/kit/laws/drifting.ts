import { drifts, type Drift } from '../harness.ts';
import type { Law } from '../law.ts';
import { expectSetBack } from '../set-back.ts';
import { monday } from './states.ts';

export const drift: readonly Law[] = (Object.keys(drifts) as Drift[]).map((kind) => ({
  name: `sees and heals it when ${drifts[kind]}`,
  why: 'What is on the device must be what was approved, not what was approved once.',
  run: (rig) => expectSetBack(rig, monday, () => rig.harness.edit(kind)),
}));
