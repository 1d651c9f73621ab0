import type { Rig } from './rig.ts';

/** Something that holds for every adapter at every device. */
export interface Law {
  /** A sentence; `skip` names it. */
  readonly name: string;
  /** What goes wrong in the world if it does not hold. */
  readonly why: string;
  /** Starts with the device as delivered. */
  readonly run: (rig: Rig) => Promise<void>;
}
