import type { LowerContext, Lowered } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { isWildcard, nameCovers } from '../../../src/net/name.ts';
import { gatewaysOf, type IstioConfig } from '../config.ts';
import { kinds } from '../objects/kinds.ts';
import type { MeshObject } from '../objects/mesh-object.ts';
import { namespaceOf } from '../objects/policy-sources.ts';
import { resourceOf } from '../objects/resource.ts';
import { accessOf, type Access } from './access.ts';
import { contextOf, type Context } from './context.ts';
import { lost } from './losses.ts';
import { throughWaypoint } from './planes/ambient.ts';
import { defaultDeny } from './planes/default-deny.ts';
import { directEntries } from './planes/direct.ts';
import { throughGateway } from './planes/gateway.ts';
import { firstFew } from '../../../src/core/text/wording.ts';

/**
 * Destinations become objects that lead there, and policies that say who may. A mesh has no order, so each destination
 * is told whom the rules let there, first match first.
 */
export function lower(desired: DesiredState, lowerContext: LowerContext<IstioConfig>): Lowered {
  const context = contextOf(desired, lowerContext);
  const { otherMode } = context.facts;
  const namespaces = (desired.namespaces ?? []).filter((namespace) => !otherMode.has(namespace));
  const accesses = accessOf(context);
  reportDenials(context);
  reportPoint(desired, context);
  return {
    resources: [
      ...defaultDeny(namespaces, context).map(resourceOf),
      ...accesses.flatMap((access) =>
        objectsFor(access, accesses, context).map((object) => titled(resourceOf(object), access)),
      ),
    ],
    losses: context.losses.all(),
  };
}

function objectsFor(access: Access, all: readonly Access[], context: Context): readonly MeshObject[] {
  const { host, gateway } = access.destination;
  if (gateway !== undefined) return throughGateway(access, gateway, context);
  if (context.config.plane === 'direct') return directEntries(access, context);
  const others = all.map(({ destination }) => destination.host);
  const separate = isWildcard(host) ? others.filter((other) => other !== host && nameCovers(host, other)) : [];
  return throughWaypoint(access, separate, context);
}

/** AuthorizationPolicies hold sources and ports, all other objects only destinations. */
function titled(resource: Resource, { destination, ports }: Access): Resource {
  const { kind, name, members = [] } = resource;
  const decides = kind === kinds.authorizationPolicy.kind;
  const through = ports.map(({ port }) => port).filter(({ port }) => !decides || name.endsWith(`-${port}`));
  const numbers = [...new Set(through.map(({ outside }) => outside))];
  const to = `${destination.network ?? destination.host} TCP ${numbers.join(', ')}`;
  return { ...resource, title: decides ? `Accept ${firstFew(members, 3)} -> ${to}` : to };
}

function reportDenials({ rules, identities, losses }: Context): void {
  const accepting = rules.map(({ action, destination }) => action === 'Accept' && destination.names.length > 0);
  const lastName = accepting.lastIndexOf(true);
  for (const [at, rule] of rules.entries()) {
    if (rule.action === 'Accept') continue;
    if (rule.sources.some((id) => identities.get(id)?.byLabel)) losses.add(rule, lost.denyByAccount());
    if (rule.destination.networks.length > 0 && at < lastName) losses.add(rule, lost.denyByNetwork());
  }
}

/** What concerns no single rule is said of the point as a whole. */
function reportPoint({ namespaces = [], defaultAction }: DesiredState, { config, facts, losses }: Context): void {
  const point = { id: 'default' };
  const covered = new Set(namespaces);
  const otherMode = namespaces.filter((namespace) => facts.otherMode.has(namespace));
  const mode = config.plane === 'ambient' ? 'ambient' : 'sidecar';
  if (otherMode.length > 0) losses.add(point, lost.otherMode(otherMode, mode));
  const sidecars = facts.workloadSidecars.filter((name) => covered.has(namespaceOf(name)));
  if (sidecars.length > 0) losses.add(point, lost.workloadSidecar(sidecars));
  const podsOutside = facts.podsOutside.filter((name) => covered.has(name));
  if (podsOutside.length > 0) losses.add(point, lost.podsOutside(podsOutside));
  for (const gateway of config.plane === 'gateway' ? gatewaysOf(config) : []) {
    const others = facts.othersAt(gateway);
    const name = `${gateway.namespace}/${gateway.service}`;
    if (others !== undefined) losses.add(point, lost.othersAtGateway(name, others));
  }
  if (defaultAction === 'Accept') losses.add(point, lost.defaultAccept());
  if (config.plane === 'ambient') losses.add(point, lost.ambientDefault());
}
