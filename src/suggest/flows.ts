import type { AssignmentIndex } from '../core/addresses/assignment-index.ts';
import { canonicalAddress, parseAddress, width } from '../net/address.ts';
import { formatCidr, supernet } from '../net/cidr.ts';
import { canonicalName } from '../net/name.ts';
import type { LoggedDestination, LoggedFlow } from '../traffic-log/format.ts';

/** How what was seen is made more general; without these, a rule is about single addresses. */
export interface Generalise {
  /** The name that the client asked for stands for the address, where the log has it. */
  readonly names: boolean;
  /** Networks of this many bits instead of single addresses, by family; absent: single addresses. */
  readonly prefix: { readonly 4?: number; readonly 6?: number };
}

/** Where a workload went, how often, and when. */
export interface SeenDestination {
  /** A name or a network. */
  readonly to: { readonly name: string } | { readonly network: string };
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  count: number;
  /** Milliseconds since the epoch. */
  first: number;
  last: number;
}

export interface SeenWorkload {
  readonly namespace: string;
  /** `Deployment/checkout` */
  readonly workload: string;
  readonly serviceAccount: string;
  readonly destinations: Map<string, SeenDestination>;
}

/** What became of the lines. */
export interface Counts {
  lines: number;
  /** Flows that count: permitted, to the outside, of a workload that is known for certain. */
  used: number;
  refused: number;
  /** To addresses within the cluster. */
  inside: number;
  /** To a name alone, which counts only where names are asked for. */
  addressless: number;
  /** The holder is not certain. */
  doubtful: number;
  unread: number;
  /** Lines about flows of which others tell, too. */
  again: number;
}

/** More flows are not waited for; what is still told of the oldest then counts as another one. */
const mostOpen = 100_000;

/** Gathers flows by workload and destination. What it keeps grows with the destinations and the flows that have not ended, not with the lines. */
export class SeenFlows {
  readonly counts: Counts = {
    lines: 0,
    used: 0,
    refused: 0,
    inside: 0,
    addressless: 0,
    doubtful: 0,
    unread: 0,
    again: 0,
  };
  readonly #workloads = new Map<string, SeenWorkload>();
  readonly #index: Pick<AssignmentIndex, 'holdersAt'>;
  readonly #isInside: (address: string) => boolean;
  readonly #generalise: Generalise;
  /** Flows of which more may be told, by their ids. */
  readonly #open = new Map<string, LoggedFlow>();

  constructor(
    index: Pick<AssignmentIndex, 'holdersAt'>,
    isInside: (address: string) => boolean,
    generalise: Generalise,
  ) {
    this.#index = index;
    this.#isInside = isInside;
    this.#generalise = generalise;
  }

  get workloads(): readonly SeenWorkload[] {
    return [...this.#workloads.values()];
  }

  /** @param flow undefined: the line could not be read */
  add(flow: LoggedFlow | undefined): void {
    this.counts.lines += 1;
    if (flow?.id === undefined) {
      this.#take(flow);
      return;
    }
    const known = this.#open.get(flow.id);
    if (known !== undefined) this.counts.again += 1;
    const whole = known === undefined ? flow : mergeLines(known, flow);
    this.#open.delete(flow.id);
    if (flow.ended) {
      this.#take(whole);
      return;
    }
    this.#open.set(flow.id, whole);
    if (this.#open.size > mostOpen) this.#takeOldest();
  }

  /** The log is over: nothing more is told of any flow. */
  end(): void {
    while (this.#open.size > 0) this.#takeOldest();
  }

  #takeOldest(): void {
    for (const [id, flow] of this.#open) {
      this.#open.delete(id);
      this.#take(flow);
      return;
    }
  }

  #take(flow: LoggedFlow | undefined): void {
    const { counts } = this;
    const [source, address] = [flow?.source, flow?.to?.address].map((text) => canonicalAddress(text ?? ''));
    const isUnread = address === undefined && flow?.to?.address !== undefined;
    if (flow?.to === undefined || source === undefined || isUnread) counts.unread += 1;
    else if (!flow.to.permitted) counts.refused += 1;
    else if (address !== undefined && this.#isInside(address)) counts.inside += 1;
    else this.#count(source, address, flow.to, flow.at);
  }

  #count(source: string, address: string | undefined, to: LoggedDestination, at: number): void {
    const where = this.#where(to.name, address);
    if (where === undefined) {
      this.counts.addressless += 1;
      return;
    }
    const { holders, doubts } = this.#index.holdersAt(source, at);
    const [holder] = holders;
    if (holder === undefined || holders.length > 1 || doubts.length > 0) {
      this.counts.doubtful += 1;
      return;
    }
    this.counts.used += 1;
    const { namespace, workload, serviceAccount } = holder;
    const key = `${namespace} ${workload} ${serviceAccount}`;
    const nothing = new Map<string, SeenDestination>();
    const seen = this.#workloads.get(key) ?? { namespace, workload, serviceAccount, destinations: nothing };
    this.#workloads.set(key, seen);
    const { port, protocol } = to;
    const id = `${protocol} ${port} ${'name' in where ? where.name : where.network}`;
    const known = seen.destinations.get(id);
    if (known === undefined) {
      seen.destinations.set(id, { to: where, port, protocol, count: 1, first: at, last: at });
      return;
    }
    known.count += 1;
    known.first = Math.min(known.first, at);
    known.last = Math.max(known.last, at);
  }

  #where(said: string | undefined, text: string | undefined): SeenDestination['to'] | undefined {
    const { names, prefix } = this.#generalise;
    const name = names && said !== undefined ? canonicalName(said) : undefined;
    // A client may say a pattern or an address for a name; neither is one.
    if (name !== undefined && !name.includes('*') && parseAddress(name) === undefined) return { name };
    if (text === undefined) return undefined;
    const address = parseAddress(text);
    if (address === undefined) return { network: text };
    const bits = width[address.family];
    return { network: formatCidr(supernet({ ...address, prefix: bits }, prefix[address.family] ?? bits)) };
  }
}

/** What two lines tell of one flow: who began it, its end says for certain; it was permitted if neither says that it was not. */
function mergeLines(earlier: LoggedFlow, later: LoggedFlow): LoggedFlow {
  const [main, other] = later.ended ? [later, earlier] : [earlier, later];
  const at = Math.min(earlier.at, later.at);
  if (main.to === undefined || other.to === undefined) return { ...main, at };
  const name = main.to.name ?? other.to.name;
  const permitted = main.to.permitted && other.to.permitted;
  return { ...main, at, to: { ...main.to, ...(name !== undefined && { name }), permitted } };
}
