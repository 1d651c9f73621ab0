import { z } from 'zod';
import type { Fault } from './simulator.ts';

/** What `POST /_sim/faults` accepts: one fault, or a list. */
export const faultsSchema = z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]).pipe(
  z.array(
    z.strictObject({
      match: z.string().refine(isPattern, 'is not a regular expression').optional(),
      after: z.int().min(0).optional(),
      times: z.int().min(1).optional(),
      kind: z.enum([
        'latency',
        'error-before',
        'error-after',
        'reset-before',
        'reset-after',
        'throttle',
        'html',
        'echo',
        'answer',
        'stale-read',
        'success-without-effect',
      ]),
      status: z.int().min(200).max(599).optional(),
      body: z.string().optional(),
      latencyMs: z.number().min(0).optional(),
    }),
  ),
);

/** Faults in the order they were injected, each with how often it still lets pass and still hits. */
export class FaultLine {
  #pending: { readonly fault: Fault; readonly pattern: RegExp; pass: number; hits: number }[] = [];

  add(fault: Fault): void {
    this.#pending.push({
      fault,
      pattern: new RegExp(fault.match ?? ''),
      pass: fault.after ?? 0,
      hits: fault.times ?? 1,
    });
  }

  clear(): void {
    this.#pending = [];
  }

  /** Is a fault of this kind still to come? */
  awaits(kind: Fault['kind']): boolean {
    return this.#pending.some((entry) => entry.fault.kind === kind);
  }

  /** What hits this request: any number of latencies, and the first other fault that is due. */
  strike(method: string, path: string): { readonly latencyMs: number; readonly fault: Fault | undefined } {
    let latencyMs = 0;
    let hit: Fault | undefined;
    for (const entry of this.#pending) {
      if (!entry.pattern.test(`${method} ${path}`)) continue;
      if (entry.fault.kind !== 'latency' && hit !== undefined) continue;
      // A write is never stale: it waits for the next read.
      if (entry.fault.kind === 'stale-read' && method !== 'GET') continue;
      if (entry.pass > 0) {
        entry.pass -= 1;
        continue;
      }
      entry.hits -= 1;
      if (entry.fault.kind === 'latency') latencyMs += entry.fault.latencyMs ?? 1_000;
      else hit = entry.fault;
    }
    this.#pending = this.#pending.filter((entry) => entry.hits > 0);
    return { latencyMs, fault: hit };
  }
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
