import type { JsonObject } from '../../../../src/core/model/json.ts';
import { gatewaysOf } from '../../config.ts';
import { kinds } from '../../objects/kinds.ts';
import { marks, type MeshObject } from '../../objects/mesh-object.ts';
import { objectName, sidecarName } from '../../objects/names.ts';
import type { Context } from '../context.ts';
import { allowNothing } from './authorization-policy.ts';

/*
 * Objects that exist with any policies: namespaces that see only what is granted, gateways that deny everything
 * by themselves, and the log of all that goes through them.
 */

export function defaultDeny(namespaces: readonly string[], context: Context): readonly MeshObject[] {
  const { config } = context;
  if (config.plane === 'ambient') {
    const { namespace, name } = config.waypoint;
    const target = { targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name }] };
    return closed({ namespace, name, what: 'waypoint ', target }, context);
  }
  const gateways = config.plane === 'gateway' ? gatewaysOf(config) : [];
  const homes = config.plane === 'direct' ? [config.directNamespace] : gateways.map(({ namespace }) => namespace);
  const visible = [...new Set(homes)].sort();
  return [
    ...gateways.flatMap(({ namespace, service: name, selector }) =>
      closed({ namespace, name, what: '', target: { selector: { matchLabels: selector } } }, context),
    ),
    ...namespaces
      .filter((namespace) => namespace !== config.rootNamespace && !visible.includes(namespace))
      .map((namespace) => sidecar(namespace, visible, context)),
  ];
}

/** A gateway or waypoint through which everything leaves. */
interface Exit {
  readonly namespace: string;
  readonly name: string;
  /** Part of the identity of its objects. */
  readonly what: string;
  readonly target: JsonObject;
}

/** Permits nothing by itself, and logs who asked for which host; what is written of each access is up to the provider. */
function closed({ namespace, name, what, target }: Exit, { owner, config, facts }: Context): readonly MeshObject[] {
  const nameFor = (hint: string, role: string): string =>
    objectName(owner, `${hint}-${name}`, `${what}${role}`, `${namespace}/${name}`);
  const deny = allowNothing(nameFor('deny', 'default deny'), namespace, target);
  if (!facts.logs) return [deny];
  const metadata = { name: nameFor('log', 'log'), namespace };
  const spec = { ...target, accessLogging: [{ providers: [{ name: config.telemetry.provider }] }] };
  return [deny, { kind: kinds.telemetry.kind, metadata, spec }];
}

/** One for all pods of a namespace that have none of their own. https://istio.io/latest/docs/reference/config/networking/sidecar/ */
function sidecar(namespace: string, visible: readonly string[], { config, owner }: Context): MeshObject {
  const imports = config.imports ?? [`*/*.svc.${config.clusterDomain}`];
  return {
    kind: kinds.sidecar.kind,
    metadata: { name: sidecarName(owner), namespace, labels: { [marks.role]: 'default-deny' } },
    spec: {
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      egress: [{ hosts: [...imports, ...visible.map((home) => `${home}/*`)] }],
    },
  };
}
