import type { JsonObject } from '../../../src/core/model/json.ts';

/** An object of Istio as we write it, without our mark. */
export interface MeshObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: JsonObject;
}

/** Labels and annotations of ours, beside the mark of the owner. */
export const marks = {
  /** Label of a policy: the name of its destination's objects, which all others have themselves. */
  destination: 'postern.dev/destination',
  /** Label `default-deny`: an object that stands for what nobody has permitted. */
  role: 'postern.dev/role',
  host: 'postern.dev/host',
  /** The rules that a policy stands for, for whoever reads it. */
  rules: 'postern.dev/rules',
  trustDomain: 'postern.dev/trust-domain',
  /** Label that Istio reads: the waypoint that a ServiceEntry is bound to. */
  waypoint: 'istio.io/use-waypoint',
} as const;
