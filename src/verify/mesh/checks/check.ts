import type { Problem } from '../../../core/model/problem.ts';
import type { GatewayPods } from '../proxies/listeners.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import type { Identity } from '../../values/fields.ts';
import type { World } from '../world.ts';

/** Something about the mesh that does not do what it seems to, or that could undo what does. */
export interface MeshFinding extends Pick<Problem, 'severity' | 'subject' | 'field' | 'message'> {
  /** Stable: `S07`. */
  readonly id: string;
  /** What to do about it. */
  readonly fix: string;
}

/** Which objects are ours: those with this label. */
export interface MeshOwner {
  readonly label: string;
  readonly value: string;
}

export interface CheckContext {
  readonly snapshot: MeshSnapshot;
  readonly world: World;
  /** Without an owner every object is taken to be ours. */
  readonly isOurs: (object: Pick<Identity, 'labels'>) => boolean;
  /** Pods that our Gateways make listeners on. */
  readonly gateways: readonly GatewayPods[];
}

export interface MeshCheck {
  readonly id: string;
  readonly title: string;
  readonly severity: MeshFinding['severity'];
  readonly fix: string;
  readonly find: (context: CheckContext) => readonly Flaw[];
}

/** What a check found, before it is told apart from what others found. */
export interface Flaw {
  readonly on: Pick<Identity, 'id'>;
  readonly field: string;
  readonly message: string;
}

export function flaw(on: Pick<Identity, 'id'>, field: string, message: string): Flaw {
  return { on, field, message };
}

/** The values that stand more than once in a list. */
export function repeated<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
