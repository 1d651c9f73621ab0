import type { Rule } from '../../../src/core/model/desired.ts';
import { isWildcard } from '../../../src/core/net/name.ts';
import { isWhole, namespaceOf, type Sources } from '../sources.ts';
import type { Door } from './doors.ts';
import { grantOf, namespacesOf } from './grant.ts';
import { lost } from './losses.ts';
import type { Place } from './place.ts';
import { placesOf } from './places.ts';
import { RuleIndex } from './rule-index.ts';
import type { Scope } from './scope.ts';

/** A destination with whom it is for, by port. */
export interface Granted {
  readonly place: Place;
  readonly doors: readonly GrantedDoor[];
  /** The namespaces that see it, sorted. */
  readonly namespaces: readonly string[];
  /** Of a wildcard with a canonical host: that host is a destination itself. */
  readonly hasUpstream: boolean;
}

export interface GrantedDoor {
  readonly door: Door;
  readonly grant: Sources;
  /** Ids of the rules that accept, sorted. */
  readonly rules: readonly string[];
}

/** Every destination, and who of the covered workloads gets there. */
export function grantedPlaces(scope: Scope): readonly Granted[] {
  const index = new RuleIndex(scope.rules);
  const places = placesOf(scope);
  const hosts = new Set(places.map(({ host }) => host));
  const granted = places.map((place) => {
    const doors = [...place.doors.values()]
      .sort((a, b) => a.port - b.port)
      .map((door) => grantedDoor(place, door, index, scope));
    const hasUpstream = place.canonicalHost !== undefined && hosts.has(place.canonicalHost);
    const namespaces = new Set(doors.flatMap(({ grant }) => namespacesOf(grant)));
    return { place, doors, hasUpstream, namespaces: [...namespaces].sort() };
  });
  return scope.config.plane === 'gateway' ? hiding(granted) : granted;
}

function grantedDoor(place: Place, door: Door, index: RuleIndex, scope: Scope): GrantedDoor {
  const about = index.about(place, door);
  const direct = scope.config.plane === 'direct';
  const below = direct && isWildcard(place.host) ? index.denyingBelow(place.host, door) : [];
  for (const rule of below) scope.losses.add(rule, lost.denyBelow());
  const rules = [...below, ...about];
  const grant = grantOf(rules, scope.identities);
  return {
    door,
    grant: direct ? wholeOnly(grant, rules, scope) : grant,
    rules: rules.flatMap(({ action, id }) => (action === 'Accept' ? [id] : [])).sort(),
  };
}

/** Without a gateway a namespace sees a host as a whole or not at all: whoever is not all of it gets nothing. */
function wholeOnly({ members, except }: Sources, rules: readonly Rule[], scope: Scope): Sources {
  const cut = new Set(except.map(namespaceOf));
  const whole = members.filter((member) => isWhole(member) && !cut.has(namespaceOf(member)));
  if (whole.length < members.length) {
    const partial = new Set(members.filter((member) => !whole.includes(member)).map(namespaceOf));
    for (const rule of rules) {
      const concerned = rule.sources.some((id) => {
        const who = scope.identities.get(id);
        return [...(who?.namespaces ?? []), ...(who?.accounts ?? []).map(namespaceOf)].some((name) =>
          partial.has(name),
        );
      });
      if (concerned && rule.action === 'Accept') scope.losses.add(rule, lost.identity());
    }
  }
  return { members: whole, except: [] };
}

/** A name below a wildcard is shown to all who see the wildcard: whom it is denied would else reach it as one of the many. */
function hiding(granted: readonly Granted[]): readonly Granted[] {
  const wild = granted.filter(({ place }) => isWildcard(place.host));
  if (wild.length === 0) return granted;
  return granted.map((one) => {
    const above = wild.filter(({ place }) => place !== one.place && one.place.host.endsWith(place.host.slice(1)));
    const namespaces = new Set([...one.namespaces, ...above.flatMap((other) => other.namespaces)]);
    return { ...one, namespaces: [...namespaces].sort() };
  });
}
