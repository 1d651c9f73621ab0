import type { Holder } from './assignment.ts';

/*
 * A segment of the record of addresses, one line for each thing that happened. Numbers are in base 36; times are
 * milliseconds after the line before, or of the first line after 1970. Workloads and nodes are said once and then called
 * by their number, so that an assignment takes some 40 bytes.
 *
 *   postern-addresses 1 mib0x8g0                    the first line: format, and when it begins
 *   w shop Deployment/checkout checkout             workload 0: namespace, top controller, ServiceAccount
 *   n node-1                                        node 0
 *   = 1s4 10.2.3.4 0 ~7d4b9-x2x8k 0                 assignment 0: held already, and perhaps for so long; `~`: the workload's name
 *   + 5k 10.2.3.5 0 ~7d4b9-9fw2p 0 4k               assignment 1: seen now, and perhaps held for so long already
 *   + 0 192.168.1.5 1 agent 0 0 h                   of a pod on the host network
 *   + 0 10.9.0.4 0 ~7d4b9-x2x8k 0 0 a telco/n2      by the annotation of the pod alone, on that network
 *   - 3jk 1                                         assignment 1 has ended
 *   . 1ko                                           nothing happened while the cluster was observed
 */

export const formatLine = 'postern-addresses 1';

/** Writes one segment, line by line. What it keeps grows with the workloads and nodes, not with the pods. */
export class AssignmentLines {
  readonly #workloads = new Map<string, number>();
  readonly #nodes = new Map<string, number>();
  readonly #begins: number;
  #last: number;
  #next = 0;

  /** @param now when the segment begins, in milliseconds since the epoch */
  constructor(now: number) {
    this.#begins = Math.floor(now);
    this.#last = this.#begins;
  }

  first(): string {
    return `${formatLine} ${this.#begins.toString(36)}\n`;
  }

  /** An address that was held when the segment began, and perhaps since a moment before that. */
  held(address: string, holder: Holder, earliest: number): { readonly lines: string; readonly number: number } {
    const age = Math.max(0, Math.floor(this.#begins - earliest)).toString(36);
    const { before, words } = this.#words(holder);
    return { lines: `${before}= ${age} ${address} ${words}${kindOf(holder)}\n`, number: this.#next++ };
  }

  /** An address that a pod has, seen now. */
  began(
    now: number,
    address: string,
    holder: Holder,
    earliest: number,
  ): { readonly lines: string; readonly number: number } {
    const { before, words } = this.#words(holder);
    const age = Math.max(0, Math.floor(now - earliest)).toString(36);
    const kind = kindOf(holder);
    const rest = kind === '' && age === '0' ? '' : ` ${age}${kind}`;
    return { lines: `${before}+ ${this.#since(now)} ${address} ${words}${rest}\n`, number: this.#next++ };
  }

  ended(now: number, number: number): string {
    return `- ${this.#since(now)} ${number.toString(36)}\n`;
  }

  looked(now: number): string {
    return `. ${this.#since(now)}\n`;
  }

  /** Clocks may be set back; the record goes on from where it is. */
  #since(now: number): string {
    const passed = Math.max(0, Math.floor(now) - this.#last);
    this.#last += passed;
    return passed.toString(36);
  }

  #words({ namespace, workload, serviceAccount, pod, node }: Holder): {
    readonly before: string;
    readonly words: string;
  } {
    const [workloadNumber, workloadLine] = numbered(this.#workloads, `w ${namespace} ${workload} ${serviceAccount}\n`);
    const [nodeNumber, nodeLine] = numbered(this.#nodes, `n ${node}\n`);
    const prefix = `${workload.slice(workload.indexOf('/') + 1)}-`;
    const name = pod.startsWith(prefix) ? `~${pod.slice(prefix.length)}` : pod;
    return {
      before: workloadLine + nodeLine,
      words: `${workloadNumber.toString(36)} ${name} ${nodeNumber.toString(36)}`,
    };
  }
}

/** A network is called as an annotation calls it, and stays one word. */
function kindOf({ hostNetwork, network }: Holder): string {
  if (network !== undefined) return ` a ${network.replaceAll(/[^!-~]/g, '?').slice(0, longestName)}`;
  return hostNetwork ? ' h' : '';
}

/** Of a namespace and a name. */
const longestName = 317;

/** The number of a line, and the line itself if it has not been written yet. */
function numbered(known: Map<string, number>, line: string): readonly [number, string] {
  const found = known.get(line);
  if (found !== undefined) return [found, ''];
  known.set(line, known.size);
  return [known.size - 1, line];
}
