import { setTimeout as wait } from 'node:timers/promises';
import type { Expectation, FirewallAddress, FirewallMessage, FirewallOptions, Seen } from './firewall-process.ts';
import { Process } from './process.ts';

/** A simulated FortiGate in a process of its own, and what it has seen. */
export class Firewall {
  readonly address: FirewallAddress;
  readonly #process: Process;
  #awaited = false;

  private constructor(address: FirewallAddress, process: Process) {
    this.address = address;
    this.#process = process;
  }

  static async start(version: FirewallOptions['version'] = '7.4'): Promise<Firewall> {
    const process = await Process.start('firewall', { version } satisfies FirewallOptions);
    return new Firewall(await process.hear<FirewallAddress>(), process);
  }

  /** From now on every request takes so long. */
  setLatency(ms: number): void {
    this.#tell({ say: 'latency', ms });
  }

  expect(expectation: Expectation): void {
    this.#tell({ say: 'expect', expectation });
  }

  async report(): Promise<Seen> {
    if (this.#awaited) throw new Error('one report at a time');
    this.#awaited = true;
    this.#tell({ say: 'report' });
    const seen = await this.#process.hear<Seen>();
    this.#awaited = false;
    return seen;
  }

  /** What was seen until everything expected was there, or the time was up. */
  async complete(withinMs: number): Promise<Seen> {
    const end = performance.now() + withinMs;
    let all = await this.report();
    while (all.waiting.length > 0 && performance.now() < end) {
      await wait(50);
      all = sum(all, await this.report());
    }
    return all;
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  #tell(message: FirewallMessage): void {
    this.#process.tell(message);
  }
}

function sum(a: Seen, b: Seen): Seen {
  return {
    granted: [...a.granted, ...b.granted],
    withdrawn: [...a.withdrawn, ...b.withdrawn],
    withdrawnUnqueued: [...a.withdrawnUnqueued, ...b.withdrawnUnqueued],
    waiting: b.waiting,
    stale: b.stale,
    requests: a.requests + b.requests,
    writes: a.writes + b.writes,
    bytes: a.bytes + b.bytes,
  };
}
