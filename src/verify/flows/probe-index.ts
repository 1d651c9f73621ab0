import { parseAddress } from '../../net/address.ts';
import { isWildcard, wildcardsAbove } from '../../net/name.ts';
import type { RuleScope } from './flow-set.ts';
import type { Interval } from './intervals.ts';
import type { Probe } from './probes.ts';
import { append } from '../../core/model/grouped.ts';

interface AddressProbes {
  readonly value: bigint;
  readonly probes: Probe[];
}

/** Finds the probes that a rule is about without looking at the others. */
export class ProbeIndex {
  readonly probes: readonly Probe[];
  readonly #named: Probe[] = [];
  readonly #byName = new Map<string, Probe[]>();
  /** By address, of one family each. */
  readonly #places: Readonly<Record<4 | 6, AddressProbes[]>> = { 4: [], 6: [] };
  readonly #byText = new Map<string, Probe>();

  constructor(probes: readonly Probe[]) {
    this.probes = probes;
    const places = new Map<string, AddressProbes & { readonly family: 4 | 6 }>();
    for (const probe of probes) {
      const { host, address } = probe;
      this.#byText.set(textOf(probe), probe);
      if (host !== undefined) {
        this.#named.push(probe);
        for (const name of [host, ...wildcardsAbove(host)]) append(this.#byName, name, probe);
      } else if (address !== undefined) {
        const parsed = parseAddress(address);
        const place = places.get(address) ?? (parsed && { ...parsed, probes: [] });
        if (place === undefined) continue;
        place.probes.push(probe);
        places.set(address, place);
      }
    }
    for (const place of places.values()) this.#places[place.family].push(place);
    for (const list of Object.values(this.#places)) list.sort((a, b) => (a.value < b.value ? -1 : 1));
  }

  /** The probe of exactly this flow, if it is one. */
  find(flow: Omit<Probe, 'index'>): Probe | undefined {
    return this.#byText.get(textOf(flow));
  }

  /** Those that are flows of a reach. */
  within({ everyName, names, addresses, ports }: RuleScope): readonly Probe[] {
    const found = new Set<Probe>(everyName ? this.#named : []);
    if (!everyName) for (const name of names) for (const probe of this.#byName.get(name) ?? []) found.add(probe);
    for (const span of addresses) for (const probe of this.#between(span)) found.add(probe);
    return [...found].filter(
      ({ host, port, protocol }) =>
        (host === undefined || everyName || matches(names, host)) &&
        ports.some(({ space, first, last }) => space === protocol && first <= BigInt(port) && BigInt(port) <= last),
    );
  }

  *#between({ space, first, last }: Interval): Iterable<Probe> {
    if (space !== 4 && space !== 6) return;
    const places = this.#places[space];
    let [low, high] = [0, places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[middle]?.value ?? first) < first) low = middle + 1;
      else high = middle;
    }
    for (let at = low; ; at += 1) {
      const place = places[at];
      if (place === undefined || place.value > last) return;
      yield* place.probes;
    }
  }
}

/** An exact name is found among its own patterns only, and a pattern never as a name. */
function matches(names: readonly string[], host: string): boolean {
  return names.some((name) => name === host || (isWildcard(name) && host.endsWith(name.slice(1))));
}

function textOf({ host = '', address = '', port, protocol }: Omit<Probe, 'index'>): string {
  return `${host} ${address} ${protocol} ${port}`;
}
