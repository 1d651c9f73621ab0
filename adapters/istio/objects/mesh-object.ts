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
  /** Label of what has another name: that of its destination's objects. */
  destination: 'postern.dev/destination',
  /** Label `default-deny`: it denies what no policy permits. `parent`: a ServiceEntry that is there for routes of the Gateway API. */
  role: 'postern.dev/role',
  host: 'postern.dev/host',
  /** The rules of a policy, for readers of the object. */
  rules: 'postern.dev/rules',
  trustDomain: 'postern.dev/trust-domain',
  /** Annotation that Istio reads: the namespaces that know a Service, with commas. */
  exportTo: 'networking.istio.io/exportTo',
  /** Label that Istio reads: the waypoint that a ServiceEntry is bound to. */
  waypoint: 'istio.io/use-waypoint',
} as const;
