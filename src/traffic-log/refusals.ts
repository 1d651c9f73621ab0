import type { AssignmentIndex } from '../core/addresses/assignment-index.ts';
import { canonicalAddress, bracketed } from '../net/address.ts';
import { inCluster } from '../core/audit/record-source.ts';
import type { LogFormat, LoggedFlow } from './format.ts';

/** A refused flow, with its number of log lines. */
export interface Refusal {
  /** `shop/Deployment/web`, with several clusters `east/shop/Deployment/web`; of several that may have had the address each; the address, if its holder is not known. */
  readonly who: string;
  /** `shop/web`, as far as it is known. */
  readonly serviceAccount: string;
  /** A name, or an address with its port; empty: the log does not say. */
  readonly to: string;
  /** Continues `refused by`. */
  readonly by: string;
  readonly times: number;
  /** Milliseconds since the epoch. */
  readonly first: number;
  readonly last: number;
}

/** A log may have a line for each of many tried destinations. */
const mostKinds = 100_000;

/** Gathers refused flows by workload and rule from the lines of one log. */
export class Refusals {
  readonly #read: (line: string) => LoggedFlow | undefined;
  readonly #index: Pick<AssignmentIndex, 'holdersAt'>;
  readonly #known = new Map<string, { -readonly [K in keyof Refusal]: Refusal[K] }>();
  lines = 0;
  /** That are about no flow, cut, or of another format. */
  unread = 0;
  /** Refusals that were left out, there being too many of different kinds. */
  leftOut = 0;

  constructor(format: LogFormat, offsetMs: number, index: Pick<AssignmentIndex, 'holdersAt'>) {
    this.#read = format.reader({ offsetMs, destinations: true });
    this.#index = index;
  }

  take(line: string): void {
    this.lines += 1;
    const flow = this.#read(line);
    if (flow === undefined) this.unread += 1;
    const by = flow && refusedBy(flow);
    const address = flow && canonicalAddress(flow.source);
    if (flow === undefined || by === undefined || address === undefined) return;
    const { holders } = this.#index.holdersAt(address, flow.at);
    const each = (value: (one: (typeof holders)[number]) => string): string =>
      [...new Set(holders.map(value))].join(', ');
    const who = each(({ cluster, namespace, workload }) => inCluster({ cluster }, `${namespace}/${workload}`));
    const serviceAccount = each(({ cluster, namespace, serviceAccount: name }) =>
      inCluster({ cluster }, `${namespace}/${name}`),
    );
    const to = harmless(flow.asked ?? destinationOf(flow));
    const key = JSON.stringify([who || address, serviceAccount, to, by]);
    const known = this.#known.get(key);
    if (known !== undefined) {
      known.times += 1;
      known.first = Math.min(known.first, flow.at);
      known.last = Math.max(known.last, flow.at);
    } else if (this.#known.size < mostKinds) {
      const times = { times: 1, first: flow.at, last: flow.at };
      this.#known.set(key, { who: who || address, serviceAccount, to, by, ...times });
    } else this.leftOut += 1;
  }

  /** By who was refused, then by what it was. */
  all(): readonly Refusal[] {
    const order = ({ who, to, by }: Refusal): string => JSON.stringify([who, to, by]);
    return [...this.#known.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }
}

const longest = 253;

/** Clients write what they like into an SNI or a Host, also what a terminal takes for a command. */
function harmless(text: string): string {
  return text.slice(0, longest).replaceAll(/[^\x21-\x7e]/g, '?');
}

/** A mesh says who; a firewall only that it did. */
function refusedBy({ refused, to }: LoggedFlow): string | undefined {
  return refused ?? (to?.permitted === false ? 'the firewall' : undefined);
}

function destinationOf({ to }: LoggedFlow): string {
  const host = to?.name ?? to?.address;
  return to === undefined || host === undefined ? '' : `${bracketed(host)}:${to.port}`;
}
