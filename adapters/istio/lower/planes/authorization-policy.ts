import type { JsonObject } from '../../../../src/core/model/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { marks, type MeshObject } from '../../objects/mesh-object.ts';
import { fromOf } from '../../objects/policy-sources.ts';
import type { Access } from '../access.ts';
import type { Context } from '../context.ts';
import type { EgressPort } from '../destinations/egress-ports.ts';

/** Where a plane decides about a destination, and by what it knows it. */
interface Enforcer {
  /** Of the destination's objects. */
  readonly name: string;
  readonly namespace: string;
  /** `selector` or `targetRefs`: never neither, which would be all workloads of the namespace. */
  readonly target: JsonObject;
  /** Undefined: there is none to look at. */
  readonly sni: string | undefined;
  /** What Envoy calls the destination's port: that of the gateway's pods. */
  readonly portOf: (port: EgressPort) => number;
  /** Names below a wildcard that have policies of their own. */
  readonly separate?: readonly string[];
  readonly context: Context;
}

/**
 * The permitted sources, one object per port. Without a source there is none, and the default of the gateway denies.
 * https://istio.io/latest/docs/reference/config/security/authorization-policy/
 */
export function authorizationPolicies(
  { destination, ports }: Access,
  { name, namespace, target, sni, portOf, separate = [], context }: Enforcer,
): readonly MeshObject[] {
  const { trustDomain } = context.facts;
  return ports.flatMap(({ port, allowed, rules }): MeshObject[] => {
    if (allowed.members.length === 0) return [];
    const seen = port.protocol === 'TLS' || context.config.plane === 'gateway' ? sni : undefined;
    const when = { key: 'connection.sni', values: [seen ?? ''], ...(separate.length > 0 && { notValues: separate }) };
    const rule = {
      from: fromOf(allowed, trustDomain),
      to: [{ operation: { ports: [String(portOf(port))], ...(port.protocol === 'HTTP' && notHosts(separate)) } }],
      ...(seen !== undefined && { when: [when] }),
    };
    const labels = { [marks.destination]: name };
    const annotations = {
      [marks.host]: destination.host,
      [marks.rules]: rules.join(','),
      [marks.trustDomain]: trustDomain,
    };
    return [
      {
        kind: kinds.authorizationPolicy.kind,
        metadata: { name: `${name}-${port.port}`, namespace, labels, annotations },
        spec: { ...target, action: 'ALLOW', rules: [rule] },
      },
    ];
  });
}

/** A Host header may carry the port. */
function notHosts(hosts: readonly string[]): JsonObject {
  if (hosts.length === 0) return {};
  return { notHosts: hosts.flatMap((host) => (host.startsWith('*') ? [host] : [host, `${host}:*`])) };
}

/**
 * Allows nothing: without it, the last permission that goes would open the gateway for all sources. It never lies in the
 * root namespace, where it would be for the whole mesh.
 */
export function allowNothing(name: string, namespace: string, target: JsonObject): MeshObject {
  return {
    kind: kinds.authorizationPolicy.kind,
    metadata: { name, namespace, labels: { [marks.role]: 'default-deny' } },
    spec: { ...target, action: 'ALLOW' },
  };
}
