import { startFortigate } from '../../adapters/fortigate/simulator/simulator.ts';
import type { LoggedRequest } from '../../kit/simulator/simulator.ts';
import { argument, onMessage, tell } from './parent.ts';
import { queuedMs } from './run-queue.ts';

/*
 * A simulated FortiGate on another processor, as a real one is. It is told of every change in the cluster at the moment
 * of the change, and tries the flow after each request that wrote something: how long until its tables have it?
 */

export interface FirewallOptions {
  readonly version: string;
}

export interface FirewallAddress {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

export interface Expectation {
  readonly src: string;
  readonly dst: string;
  readonly action: 'Accept' | 'Deny';
  /** When the cluster changed, in milliseconds since the epoch. */
  readonly at: number;
  /** For how long the process that has told of it had waited for a processor by then, in milliseconds. */
  readonly queuedMs: number;
}

export type FirewallMessage =
  | { readonly say: 'latency'; readonly ms: number }
  | { readonly say: 'expect'; readonly expectation: Expectation }
  /** Answered with what was `Seen` since the last time. */
  | { readonly say: 'report' };

export interface Seen {
  /** Milliseconds from change to tables: of addresses let in, and of addresses shut out. */
  readonly granted: readonly number[];
  readonly withdrawn: readonly number[];
  /** The same of addresses shut out, without what the process that has told of it waited for a processor meanwhile. */
  readonly withdrawnUnqueued: readonly number[];
  /** Of what is expected and not there yet: how long already. */
  readonly waiting: readonly number[];
  /** Of these, addresses that are to be shut out. */
  readonly stale: readonly number[];
  readonly requests: number;
  readonly writes: number;
  readonly bytes: number;
}

const { version } = argument() as FirewallOptions;
const firewall = await startFortigate({ port: 0, version });
const open = new Set<Expectation>();
const fresh = () => ({
  granted: [] as number[],
  withdrawn: [] as number[],
  withdrawnUnqueued: [] as number[],
  ...{ requests: 0, writes: 0, bytes: 0 },
});
let seen = fresh();

function meets({ src, dst, action }: Expectation): boolean {
  return firewall.verdict({ src, dst, port: 443, protocol: 'TCP' }).action === action;
}

function settle(now: number): void {
  for (const expectation of open) {
    if (!meets(expectation)) continue;
    open.delete(expectation);
    const took = now - expectation.at;
    seen[expectation.action === 'Accept' ? 'granted' : 'withdrawn'].push(took);
    if (expectation.action === 'Deny')
      seen.withdrawnUnqueued.push(took - (queuedMs(process.ppid) - expectation.queuedMs));
  }
}

const ages = (expected: readonly Expectation[]): number[] => expected.map(({ at }) => now() - at);
const now = (): number => performance.timeOrigin + performance.now();
firewall.onRequest(({ wrote, body }: LoggedRequest) => {
  seen.requests += 1;
  if (!wrote) return;
  seen.writes += 1;
  seen.bytes += body.length;
  settle(now());
});
onMessage((received) => {
  const message = received as FirewallMessage;
  switch (message.say) {
    case 'latency':
      firewall.clearFaults();
      if (message.ms > 0) firewall.fault({ kind: 'latency', latencyMs: message.ms, times: Infinity });
      break;
    case 'expect':
      open.add(message.expectation);
      break;
    case 'report':
      tell({
        ...seen,
        waiting: ages([...open]),
        stale: ages([...open].filter(({ action }) => action === 'Deny')),
      } satisfies Seen);
      seen = fresh();
  }
});
tell({ url: firewall.url, ca: firewall.ca, token: firewall.credentials['token'] ?? '' } satisfies FirewallAddress);
