import type { Probe } from '../flows/probes.ts';
import type { MeshAnswer } from './answer.ts';

/** What leaves, and how, of one flow. */
export interface EgressPath {
  readonly verdict: MeshAnswer['verdict'];
  readonly certain: boolean;
  /** Some object of the mesh decided it: else it is only that none stops it. */
  readonly decided: boolean;
  /** Empty: the perimeter meets the pod itself. */
  readonly gateway: string;
  /** The flow as the perimeter meets it. */
  readonly outside: Omit<Probe, 'index'> & { readonly index: number };
}
