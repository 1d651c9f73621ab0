import type { JsonObject } from '../../../src/core/model/json.ts';
import { kinds } from '../names.ts';
import { marks, type MeshObject } from '../mesh-object.ts';
import { fromOf } from '../sources.ts';
import type { Door } from './doors.ts';
import type { Granted } from './granted.ts';
import type { Scope } from './scope.ts';

interface Deciding {
  /** Of the destination. */
  readonly name: string;
  readonly namespace: string;
  /** `selector` or `targetRefs`: never neither, which would be all workloads of the namespace. */
  readonly target: JsonObject;
  /** What Envoy calls the destination's port: that of the gateway's pods. */
  readonly portOf: (door: Door) => number;
  readonly scope: Scope;
}

/**
 * Who may, one object per port. Where nobody may there is none, and the default of the gateway denies.
 * https://istio.io/latest/docs/reference/config/security/authorization-policy/
 *
 * @param sni undefined: there is none to look at
 * @param cut names below a wildcard that have policies of their own
 */
export function policies(
  { place, doors }: Granted,
  sni: string | undefined,
  { name, namespace, target, portOf, scope }: Deciding,
  cut: readonly string[] = [],
): readonly MeshObject[] {
  return doors.flatMap(({ door, grant, rules }): MeshObject[] => {
    if (grant.members.length === 0) return [];
    const seen = door.protocol === 'TLS' || scope.config.plane === 'gateway' ? sni : undefined;
    const when = { key: 'connection.sni', values: [seen ?? ''], ...(cut.length > 0 && { notValues: cut }) };
    const rule = {
      from: fromOf(grant, scope.facts.trustDomain),
      to: [{ operation: { ports: [String(portOf(door))], ...(door.protocol === 'HTTP' && but(cut)) } }],
      ...(seen !== undefined && { when: [when] }),
    };
    return [
      {
        kind: kinds.authorizationPolicy.kind,
        metadata: {
          name: `${name}-${door.port}`,
          namespace,
          labels: { [marks.destination]: name },
          annotations: {
            [marks.host]: place.host,
            [marks.rules]: rules.join(','),
            [marks.trustDomain]: scope.facts.trustDomain,
          },
        },
        spec: { ...target, action: 'ALLOW', rules: [rule] },
      },
    ];
  });
}

/** A Host header may carry the port. */
function but(hosts: readonly string[]): JsonObject {
  return hosts.length > 0
    ? { notHosts: hosts.flatMap((host) => (host.startsWith('*') ? [host] : [host, `${host}:*`])) }
    : {};
}

/**
 * Allows nothing: without it, the last permission that goes would open the gateway for everybody. It never lies in the
 * root namespace, where it would be for the whole mesh.
 */
export function allowNothing(name: string, namespace: string, target: JsonObject): MeshObject {
  return {
    kind: kinds.authorizationPolicy.kind,
    metadata: { name, namespace, labels: { [marks.role]: 'default-deny' } },
    spec: { ...target, action: 'ALLOW' },
  };
}
