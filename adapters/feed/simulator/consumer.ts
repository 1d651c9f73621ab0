import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import { behaviours, type Behaviour } from './behaviour.ts';
import { readLists, readRows, type Lists, type Row } from './reading.ts';
import { verdictOf } from './verdict.ts';

/** What was answered to one fetch; status 0: nothing. */
export interface Fetched {
  readonly status: number;
  readonly body: string;
  readonly etag?: string;
}

/** What a path has become on the consumer. */
interface Held {
  readonly lists: Lists;
  readonly etag: string | undefined;
}

/**
 * A device that pulls, without its network: told what was answered to its fetches, it keeps lists as its kind does, and decides about flows
 * by what it last took in.
 */
export class FeedConsumer {
  readonly kind: string;
  readonly behaviour: Behaviour;
  #rows: readonly Row[] = [];
  #rulesTag: string | undefined;
  readonly #held = new Map<string, Held>();

  /** @throws RangeError for a kind that is not simulated */
  constructor(kind: string) {
    const behaviour = Object.hasOwn(behaviours, kind) ? behaviours[kind] : undefined;
    if (behaviour === undefined)
      throw new RangeError(`there is no consumer "${kind}"; choose one of: ${Object.keys(behaviours).join(', ')}`);
    this.kind = kind;
    this.behaviour = behaviour;
  }

  /** What it fetches next: the rules first, and then what they name. */
  paths(): readonly string[] {
    if (this.behaviour.reads !== 'text') return [`${this.behaviour.reads}.json`];
    const named = this.#rows.flatMap(({ sources, destinations }) => {
      if (destinations === 'any') return sources;
      const { names } = this.behaviour;
      return [...sources, destinations.addresses ?? [], names === 'none' ? [] : (destinations[names] ?? [])].flat();
    });
    return [...new Set(named)];
  }

  /** Sent with the next fetch of that path. */
  etagOf(path: string): string | undefined {
    return path === 'rules.json' ? this.#rulesTag : this.#held.get(path)?.etag;
  }

  take(path: string, { status, body, etag }: Fetched): void {
    if (path === 'rules.json') this.#takeRules(status, body, etag);
    else if (status === 200) this.#takeLists(path, body, etag);
    else if ((status === 401 || status === 403) && this.behaviour.whenRefused === 'forgets') this.#held.delete(path);
    // Whatever else was answered, it goes on with what it has.
  }

  verdict(flow: SimulatedFlow): SimulatedVerdict {
    return verdictOf({ rows: this.#rows, lists: this.#lists() }, flow, this.behaviour);
  }

  /** The entries that it has of each list. */
  dump(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#lists()].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  reset(): void {
    this.#rows = [];
    this.#rulesTag = undefined;
    this.#held.clear();
  }

  #takeRules(status: number, body: string, etag: string | undefined): void {
    const rows = status === 200 ? readRows(body) : undefined;
    if (rows === undefined) return;
    this.#rows = rows;
    this.#rulesTag = etag;
    const wanted = new Set(this.paths());
    for (const path of this.#held.keys()) if (!wanted.has(path)) this.#held.delete(path);
  }

  #takeLists(path: string, body: string, etag: string | undefined): void {
    const lists = readLists(path, body, this.behaviour);
    if (lists === undefined && this.behaviour.whenUnreadable === 'keeps') return;
    this.#held.set(path, { lists: lists ?? new Map(), etag });
  }

  /** What there is room for, in the order in which lists are fetched. */
  #lists(): Lists {
    const { mostPerList, mostInAll } = this.behaviour;
    let room = mostInAll;
    const all = this.paths().flatMap((path) => [...(this.#held.get(path)?.lists ?? [])]);
    return new Map(
      all.map(([path, entries]) => {
        const kept = entries.slice(0, Math.min(mostPerList, room));
        room -= kept.length;
        return [path, kept];
      }),
    );
  }
}
