import type { KubernetesObjects } from '../../src/adapter/kubernetes-objects.ts';
import type { Simulator } from '../../kit/simulator/simulator.ts';
import type { ResourceKey } from '../../src/core/model/resource.ts';

/** Changes that other clients make to Postern's objects. */
export const drifts = {
  'member-added': 'an address is put into one of our groups by hand',
  'member-removed': 'an address is taken out of one of our groups by hand',
  'rule-disabled': 'one of our denying rules is switched off',
  'rule-widened': 'one of our accepting rules is opened to other destinations',
  'rule-moved': 'our rules change places',
  'rule-deleted': 'one of our rules is deleted',
} as const;
export type Drift = keyof typeof drifts;

/**
 * A running simulator, how an adapter reaches it, and the hands of the other administrators of the device. What is done
 * here is done to the device's tables directly, past its API.
 */
export interface Harness {
  readonly simulator: Simulator;
  /** As it would be written in `spec.config`. */
  readonly config: unknown;
  readonly secret: Readonly<Record<string, string>>;
  /** For an adapter whose points consist of objects in the cluster. */
  readonly kubernetes?: KubernetesObjects;
  /** Puts objects of another owner into every table that Postern uses. Returns a function that reads their current state. */
  plantForeign(): () => unknown;
  /** Puts an object of another owner there, under a name that Postern would use. */
  collide(key: ResourceKey): void;
  /** Does this to an object of ours. The device then holds one accepting and one denying group and rule at least. */
  edit(drift: Drift): void;
  /** Until it is reset, the device refuses every write to this object, with an answer that means `invalid`. */
  refuse(key: ResourceKey): void;
  /** The address that the device resolves a name to, if it decides about names by address. */
  addressOf?(host: string): string | undefined;
  /** A dump without what may rightly differ between two ways to the same state: generated identifiers, times. */
  comparable?(dump: Readonly<Record<string, unknown>>): unknown;
}
