import type { Rule } from '../../../src/core/model/desired.ts';
import { isWildcard, wildcardsAbove } from '../../../src/core/net/name.ts';
import type { GatewayRef } from '../config.ts';
import { doorsOf, type Door } from './doors.ts';
import { Listeners } from './listeners.ts';
import { lost } from './losses.ts';
import type { Place, Target } from './place.ts';
import type { Scope } from './scope.ts';
import { targetsOf } from './targets.ts';

/**
 * Every destination that accepting rules lead to, each once however many rules name it. What contradicts an earlier
 * rule is told and left out.
 */
export function placesOf(scope: Scope): readonly Place[] {
  const places = new Map<string, Place>();
  const listeners = new Listeners(scope);
  const denied = scope.rules.flatMap(({ action, destination }) => (action === 'Deny' ? destination.networks : []));
  for (const rule of scope.rules) {
    if (rule.action === 'Deny') continue;
    if (rule.destination.any) scope.losses.add(rule, lost.anyDestination());
    const gateway = scope.config.plane === 'gateway' ? gatewayOf(rule, scope) : undefined;
    for (const door of doorsOf(rule, scope.losses)) {
      for (const target of targetsOf(rule, door, denied, scope)) {
        open(places, { rule, door: doorTo(target, door), target, gateway }, scope, listeners);
      }
    }
  }
  if (scope.config.plane !== 'direct') cutOut(places, scope);
  inherit(places);
  return [...places.values()].sort((a, b) => (a.host < b.host ? -1 : 1));
}

/** Behind an address nothing but the port tells what is meant. */
function doorTo({ network }: Target, door: Door): Door {
  return network === undefined ? door : { ...door, protocol: 'TCP' };
}

interface Claim {
  readonly rule: Rule;
  readonly door: Door;
  readonly target: Target;
  readonly gateway: GatewayRef | undefined;
}

function open(places: Map<string, Place>, claim: Claim, scope: Scope, listeners: Listeners): void {
  const { rule, door, target, gateway } = claim;
  const { losses, facts } = scope;
  const place = places.get(target.host);
  const there = place?.doors.get(door.port);
  if (place && !sameGateway(place.gateway, gateway)) losses.add(rule, lost.twoGateways(target.host, place.rule));
  else if (there && !sameDoor(there, door)) losses.add(rule, lost.protocolConflict(target.host, door.port, there.rule));
  else if (gateway && facts.podPort(gateway, door.port) === undefined) {
    losses.add(rule, lost.gatewayPort(`${gateway.namespace}/${gateway.service}`, door.port));
  } else if (listeners.take(rule, door, target)) {
    const known: Place = place ?? { ...target, ...(gateway && { gateway }), doors: new Map(), rule };
    places.set(target.host, known);
    if (!there) known.doors.set(door.port, { ...door, rule });
  }
}

function gatewayOf({ origin }: Rule, { config }: Scope): GatewayRef {
  const { services, namespaces } = config.dedicated;
  const ofService = origin.externalService === undefined ? undefined : own(services, origin.externalService);
  return ofService ?? own(namespaces, origin.namespace) ?? config.gateway;
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function sameGateway(a: GatewayRef | undefined, b: GatewayRef | undefined): boolean {
  return a?.namespace === b?.namespace && a?.service === b?.service;
}

function sameDoor(a: Door, b: Door): boolean {
  return a.protocol === b.protocol && a.outside === b.outside && a.originate === b.originate;
}

/** A name that is denied below a wildcard needs a place of its own: there, whom it is denied finds no permission. */
function cutOut(places: Map<string, Place>, { rules }: Scope): void {
  for (const rule of rules) {
    for (const host of rule.action === 'Deny' ? rule.destination.names : []) {
      const above = places.has(host) ? undefined : placeAbove(places, host);
      if (!above) continue;
      const { canonicalHost: _, ...rest } = above;
      places.set(host, { ...rest, host, doors: new Map(), rule });
    }
  }
}

/**
 * The more special name hides the wildcard with all of its ports, so it gets those that it lacks; and so does the host
 * that serves a wildcard, which is there only once.
 */
function inherit(places: ReadonlyMap<string, Place>): void {
  const add = (to: Place | undefined, from: Place | undefined): void => {
    for (const [port, door] of from?.doors ?? []) if (to && !to.doors.has(port)) to.doors.set(port, door);
  };
  for (const place of places.values()) {
    for (const name of place.network === undefined ? wildcardsAbove(place.host) : []) add(place, places.get(name));
    if (place.canonicalHost !== undefined) add(places.get(place.canonicalHost), place);
  }
}

function placeAbove(places: ReadonlyMap<string, Place>, host: string): Place | undefined {
  const name = wildcardsAbove(host).find((above) => places.has(above) && isWildcard(above));
  return name === undefined ? undefined : places.get(name);
}
