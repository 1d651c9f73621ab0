import type { MeshCheckId } from '../../../api/problem-codes.ts';
import type { Problem } from '../../../api/problem.ts';
import type { GatewayPods } from '../proxies/listeners.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import type { Identity } from '../../values/fields.ts';
import type { World } from '../world.ts';

/** A fault of one of our objects, or a foreign object that could undo it. */
export interface MeshFinding extends Pick<Problem, 'severity' | 'subject' | 'field' | 'message'> {
  /** Stable: `S07`. */
  readonly id: MeshCheckId;
  /** What to do about it. */
  readonly fix: string;
}

/** The label of our objects. */
export interface MeshOwner {
  readonly label: string;
  readonly value: string;
}

export interface CheckContext {
  readonly snapshot: MeshSnapshot;
  readonly world: World;
  /** Without an owner, true of every object. */
  readonly isOurs: (object: Pick<Identity, 'labels'>) => boolean;
  /** The pods on which our Gateways have listeners. */
  readonly gateways: readonly GatewayPods[];
}

export interface MeshCheck {
  readonly id: MeshCheckId;
  readonly title: string;
  readonly severity: MeshFinding['severity'];
  readonly fix: string;
  readonly find: (context: CheckContext) => readonly Flaw[];
}

/** A result of a check, without the id of the check. */
export interface Flaw {
  readonly on: Pick<Identity, 'id'>;
  readonly field: string;
  readonly message: string;
}

export function flaw(on: Pick<Identity, 'id'>, field: string, message: string): Flaw {
  return { on, field, message };
}

/** The values that occur more than once. */
export function repeated<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
