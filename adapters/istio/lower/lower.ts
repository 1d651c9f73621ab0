import type { LowerContext, Lowered } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { isWildcard, nameCovers } from '../../../src/core/net/name.ts';
import type { IstioConfig } from '../config.ts';
import type { MeshObject } from '../mesh-object.ts';
import { kinds } from '../names.ts';
import { resourceOf } from '../native.ts';
import { throughWaypoint } from './ambient.ts';
import { straightOut } from './direct.ts';
import { floorOf, gatewaysOf } from './floor.ts';
import { throughGateway } from './gateway.ts';
import { grantedPlaces, type Granted } from './granted.ts';
import { lost } from './losses.ts';
import { scopeOf, type Scope } from './scope.ts';

/**
 * Destinations become objects that lead there, and policies that say who may. A mesh has no order, so each destination
 * is told whom the rules let there, first match first.
 */
export function lower(desired: DesiredState, context: LowerContext<IstioConfig>): Lowered {
  const scope = scopeOf(desired, context);
  const { otherMode } = scope.facts;
  const namespaces = (desired.namespaces ?? []).filter((namespace) => !otherMode.has(namespace));
  const granted = grantedPlaces(scope);
  tellOfDenials(scope);
  tellOfPlane(desired, scope);
  return {
    resources: [
      ...floorOf(namespaces, scope).map(resourceOf),
      ...granted.flatMap((one) => objectsFor(one, granted, scope).map((object) => titled(resourceOf(object), one))),
    ],
    losses: scope.losses.all(),
  };
}

function objectsFor(one: Granted, all: readonly Granted[], scope: Scope): readonly MeshObject[] {
  const { host, gateway } = one.place;
  if (gateway !== undefined) return throughGateway(one, gateway, scope);
  if (scope.config.plane === 'direct') return straightOut(one, scope);
  const below = isWildcard(host) ? all.filter(({ place }) => place.host !== host && nameCovers(host, place.host)) : [];
  const cut = below.map(({ place }) => place.host);
  return throughWaypoint(one, cut, scope);
}

/** What decides says for whom and through which port, everything else only where to. */
function titled(resource: Resource, { place, doors }: Granted): Resource {
  const { kind, name, members = [] } = resource;
  const decides = kind === kinds.authorizationPolicy.kind;
  const through = doors
    .filter(({ door }) => !decides || name.endsWith(`-${door.port}`))
    .map(({ door }) => door.outside);
  const to = `${place.network ?? place.host} TCP ${[...new Set(through)].join(', ')}`;
  const who = members.slice(0, 3).join(', ') + (members.length > 3 ? ` and ${members.length - 3} more` : '');
  return { ...resource, title: decides ? `Accept ${who} -> ${to}` : to };
}

function tellOfDenials({ rules, identities, losses }: Scope): void {
  const accepting = rules.map(({ action, destination }) => action === 'Accept' && destination.names.length > 0);
  const lastName = accepting.lastIndexOf(true);
  for (const [at, rule] of rules.entries()) {
    if (rule.action === 'Accept') continue;
    if (rule.sources.some((id) => identities.get(id)?.byLabel)) losses.add(rule, lost.denyByAccount());
    if (rule.destination.networks.length > 0 && at < lastName) losses.add(rule, lost.denyByNetwork());
  }
}

function tellOfOthers(
  covered: readonly string[],
  { config, facts, losses }: Pick<Scope, 'config' | 'facts' | 'losses'>,
): void {
  const point = { id: 'default' };
  const namespaces = new Set(covered);
  const sidecars = facts.workloadSidecars.filter((name) => namespaces.has(name.slice(0, name.indexOf('/'))));
  if (sidecars.length > 0) losses.add(point, lost.workloadSidecar(sidecars));
  const without = facts.podsOutside.filter((name) => namespaces.has(name));
  if (without.length > 0) losses.add(point, lost.podsOutside(without));
  for (const gateway of config.plane === 'gateway' ? gatewaysOf({ config }) : []) {
    const others = facts.othersAt(gateway);
    if (others !== undefined)
      losses.add(point, lost.othersAtGateway(`${gateway.namespace}/${gateway.service}`, others));
  }
}

/** What concerns no single rule is said of the point as a whole. */
function tellOfPlane({ namespaces = [], defaultAction }: DesiredState, { config, facts, losses }: Scope): void {
  const point = { id: 'default' };
  const outside = namespaces.filter((namespace) => facts.otherMode.has(namespace));
  const mode = config.plane === 'ambient' ? 'ambient' : 'sidecar';
  if (outside.length > 0) losses.add(point, lost.otherMode(outside, mode));
  tellOfOthers(namespaces, { config, facts, losses });
  if (defaultAction === 'Accept') losses.add(point, lost.defaultAccept());
  if (config.plane === 'ambient') losses.add(point, lost.ambientDefault());
}
