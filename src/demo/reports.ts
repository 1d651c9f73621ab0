import { isIP } from 'node:net';
import type { DesiredState } from '../core/model/desired.ts';
import type { Loss, Resource } from '../core/model/resource.ts';
import { evaluator } from '../verify/perimeter/desired.ts';
import type { SyncReport } from '../worker/sync-report.ts';
import type { Trial } from './proof.ts';

/** What the worker said of each point. */
export class Reports {
  readonly #observed = new Map<string, readonly Resource[]>();
  readonly #losses = new Map<string, readonly Loss[]>();
  readonly #provenAt = new Map<string, number>();
  readonly #failures: string[] = [];

  /** @param at milliseconds since the epoch */
  note(report: SyncReport, at: number): void {
    const error = report.path === 'none' ? report.error : report.result.error;
    if (error !== undefined) this.#failures.push(error.message);
    if (report.path !== 'full') return;
    this.#observed.set(report.point, report.result.observed);
    this.#losses.set(report.point, report.result.losses);
    if (report.result.state === 'programmed') this.#provenAt.set(report.point, at);
  }

  failed(subject: string, error: unknown): void {
    this.#failures.push(`${subject}: ${error instanceof Error ? error.message : String(error)}`);
  }

  /** When it was last read back and as desired. */
  provenAt(point: string): number {
    return this.#provenAt.get(point) ?? 0;
  }

  /** How many objects of ours it has of each kind, as they were read back: `10 policy, 9 external-resource`. */
  inventory(point: string): string {
    const counts = new Map<string, number>();
    for (const { kind } of this.#observed.get(point) ?? []) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return [...counts].map(([kind, count]) => `${count} ${kind.slice(kind.lastIndexOf('/') + 1)}`).join(', ');
  }

  /** What it cannot express. */
  losses(point: string): readonly Loss[] {
    return this.#losses.get(point) ?? [];
  }

  /** What went wrong since the last time. */
  failures(): readonly string[] {
    return this.#failures.splice(0);
  }
}

/** Losses that are told in the same words but for an address, the first of them for all. */
export function alike(losses: readonly Loss[]): readonly (Pick<Loss, 'message'> & { readonly rules: number })[] {
  const found = new Map<string, { readonly message: string; readonly rules: number }>();
  for (const { message } of losses) {
    const words = message.split(' ').filter((word) => isIP(word.replace(/(\/\d+)?[.,:;]?$/, '')) === 0);
    const told = words.join(' ');
    const { message: first = message, rules = 0 } = found.get(told) ?? {};
    found.set(told, { message: first, rules: rules + 1 });
  }
  return [...found.values()];
}

/**
 * Is a flow one that the firewall denies as it has said itself? It is, where a rule accepts it of which the firewall said that it
 * cannot accept all: less than was asked for, and never more.
 */
export function leftOut(losses: readonly Loss[], desired: DesiredState): (trial: Trial) => boolean {
  const narrowed = new Set(losses.map(({ id }) => id));
  const decide = evaluator(desired);
  return ({ src, to, port, protocol }) => {
    const { action, rule } = decide({ src, ...(isIP(to) === 0 ? { host: to } : { dst: to }), port, protocol });
    return action === 'Accept' && narrowed.has(rule);
  };
}
