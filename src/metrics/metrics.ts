import type { Session } from '../adapter/adapter.ts';
import type { AuditStore } from '../audit/audit-store.ts';
import type { PublishingStore } from '../store/desired-store.ts';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import type { InformerHealth } from '../kube/informer/informer.ts';
import type { LateWork } from '../core/status/conditions.ts';
import type { QueueDepth } from '../queue/work-queue.ts';
import type { SyncReport } from '../worker/sync-report.ts';
import { update, type Update } from './definitions.ts';
import { Instruments } from './instruments.ts';
import { measuredAudit, measuredSession, measuredStore } from './measured.ts';
import { Propagation } from './propagation.ts';
import { ofDepth, ofOutcome, ofReport, ofSource } from './updates.ts';

/** The part of following a cluster that a scrape looks at. */
export interface WatchedSource {
  readonly synced: boolean;
  readonly health: InformerHealth;
}

export interface MetricsOptions {
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds, of a clock that only goes forward. */
  readonly elapsed: () => number;
}

/**
 * What is measured in one process. Each part of the house tells it what happened, in the words it has anyway; nothing
 * ever waits for it, and nothing is decided by it.
 */
export class Metrics {
  readonly #instruments = new Instruments();
  readonly #options: MetricsOptions;
  readonly #take = (updates: readonly Update[]): void => this.#instruments.take(updates);
  #propagation: Propagation | undefined;
  #source: WatchedSource | undefined;
  #late: (() => ReadonlyMap<string, LateWork['reason']>) | undefined;
  #depth: (() => Promise<QueueDepth>) | undefined;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#take([update('postern_build_info', 1, { version: options.version })]);
  }

  /** Adds what is known of any Node process. */
  collectProcess(): this {
    this.#instruments.collectProcess();
    return this;
  }

  /** A worker has dealt with a point. */
  report(report: SyncReport): void {
    this.#take(ofReport(report));
  }

  /** What has become of a point, as the controller hears it. */
  outcome(outcome: PointOutcome): void {
    this.#take(ofOutcome(outcome));
    this.#propagation?.outcome(outcome);
  }

  /** What changed in the cluster, before it is taken in. */
  changes(changes: readonly ObjectChange[]): void {
    if (this.#source?.synced === true) this.#propagation?.changes(changes);
    for (const { kind, key, object } of changes)
      if (kind === 'EnforcementPoint' && object === undefined) this.#forget(key);
  }

  /** How many objects make the compiler fail. */
  uncompiled(count: number): void {
    this.#take([update('postern_uncompiled_objects', count, {})]);
  }

  overGrants(point: string, count: number): void {
    this.#take([update('postern_over_grants', count, { point })]);
  }

  /** Classes of flows on which a point and the other layer disagree. */
  inconsistentFlows(
    point: string,
    { meshOnly, perimeterOnly }: { readonly meshOnly: number; readonly perimeterOnly: number },
  ): void {
    this.#take([
      update('postern_inconsistent_flows', meshOnly, { point, side: 'mesh_only' }),
      update('postern_inconsistent_flows', perimeterOnly, { point, side: 'perimeter_only' }),
    ]);
  }

  /** The same store; its failures are counted. */
  audit(store: AuditStore): AuditStore {
    return measuredAudit(store, (operation) => this.#take([update('postern_audit_failures_total', 1, { operation })]));
  }

  /** This process leads from now on, or only stands by: then it knows nothing of points any longer. */
  leads(leads: boolean): void {
    this.#take([update('postern_leader', leads ? 1 : 0, {})]);
    if (leads) return;
    this.#source = undefined;
    this.#late = undefined;
    this.#propagation = undefined;
    this.#instruments.drop(({ type, from }) => from === 'leader' && type === 'gauge');
  }

  /** The cluster is followed by this from now on. */
  follows(source: WatchedSource): void {
    this.#source = source;
  }

  /** Points whose work has waited for too long, and why, asked for when a scrape comes. */
  works(late: () => ReadonlyMap<string, LateWork['reason']>): void {
    this.#late = late;
  }

  /** The queue that is asked when a scrape comes. */
  queue(depth: () => Promise<QueueDepth>): void {
    this.#depth = depth;
  }

  /** The same store; what goes through it is followed on its way to the devices. */
  store(store: PublishingStore): PublishingStore {
    this.#propagation = new Propagation(this.#options, this.#take);
    return measuredStore(store, this.#propagation);
  }

  session(point: string, session: Session): Session {
    const { elapsed } = this.#options;
    const closed = (): void =>
      this.#instruments.drop(({ from, values }) => from === 'session' && values['point'] === point);
    return measuredSession(session, { point, elapsed, record: this.#take, closed });
  }

  get contentType(): string {
    return this.#instruments.contentType;
  }

  /** Everything, in the text format of Prometheus. A queue that does not answer is left out. */
  async text(): Promise<string> {
    if (this.#source !== undefined) this.#take(ofSource(this.#source.health, this.#source.synced));
    this.#instruments.drop(({ metric }) => metric === 'postern_point_late');
    for (const [point, reason] of this.#late?.() ?? [])
      this.#take([update('postern_point_late', 1, { point, reason })]);
    const depth = await this.#depth?.().catch(() => undefined);
    if (depth === undefined) this.#instruments.drop(({ metric }) => metric.startsWith('postern_queue_'));
    else this.#take(ofDepth(depth));
    return this.#instruments.text();
  }

  #forget(point: string): void {
    this.#propagation?.forget(point);
    this.#instruments.drop(({ values }) => values['point'] === point);
  }
}
