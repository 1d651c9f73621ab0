import { expect } from 'vitest';
import type { Adapter, LowerContext, Outcome, Session } from '../../src/adapter/adapter.ts';
import type { Owner } from '../../src/adapter/owner.ts';
import type { LoggedRequest, SimulatedFlow, Simulator } from '../../kit/simulator/simulator.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import { connect } from '../../src/adapter/redaction/connect.ts';
import { asAdapterError } from '../../src/adapter/errors.ts';
import { nothingApplied } from '../../src/worker/sync/apply-batches.ts';
import { pollOperations } from '../../src/worker/sync/poll-operations.ts';
import type { PendingSync } from '../../src/store/pending-sync.ts';
import { startedAt } from '../../src/core/model/pending.ts';
import { syncPoint, type SyncResult, type SyncTask } from '../../src/worker/sync/sync-point.ts';
import type { Harness } from './harness.ts';
import { describeFlow, everyFlow, permitted } from './universe.ts';

export interface Connection {
  readonly session: Session;
  readonly context: LowerContext;
}

type SyncOptions = Partial<Pick<SyncTask, 'mode' | 'signal' | 'limits' | 'ended' | 'closedUntil' | 'inForce'>> & {
  readonly owner?: Owner;
  readonly tighten?: Partial<LowerContext['capabilities']>;
};

export const ourselves: Owner = { cluster: 'east', point: 'edge' };
export const neighbours: Owner = { cluster: 'west', point: 'edge' };

const unlimited = { maxRemovals: 1_000_000, maxRemovalsPercent: 100 };
/** Time is virtual here; a slow device is polled, so often at most. */
const clock = { now: () => Date.now(), elapsed: () => performance.now(), sleep: () => Promise.resolve() };
const attempts = 40;
const mostPolls = 1_000;

/** One adapter at one device, and the real main flow between them. */
export class Rig {
  readonly adapter: Adapter;
  readonly harness: Harness;
  readonly flows: readonly SimulatedFlow[];
  readonly #connections = new Map<string, Connection>();
  /** What is pending for each owner, as a store keeps it: it outlives a process. */
  readonly #pending = new Map<string, Kept>();
  #watch: (request: LoggedRequest) => void = () => undefined;
  #due: { left: number; readonly happens: () => void } | undefined;

  constructor(adapter: Adapter, harness: Harness) {
    this.adapter = adapter;
    this.harness = harness;
    this.flows = everyFlow((host) => harness.addressOf?.(host));
    harness.simulator.onRequest((request) => {
      if (this.#due !== undefined && (this.#due.left -= 1) === 0) this.#due.happens();
      this.#watch(request);
    });
  }

  get simulator(): Simulator {
    return this.harness.simulator;
  }

  /** The device as delivered, without a connection. */
  renew(): void {
    this.crash();
    this.#pending.clear();
    this.simulator.reset();
  }

  /** Forgets all sessions, as a process that dies does. */
  crash(): void {
    this.#connections.clear();
  }

  async connect({ owner = ourselves, signal = new AbortController().signal }: SyncOptions = {}): Promise<Connection> {
    const open = this.#connections.get(keyOf(owner));
    if (open !== undefined) return open;
    const config = this.adapter.config.parse(this.harness.config);
    const { secret, kubernetes } = this.harness;
    const deps = { point: owner.point ?? 'edge', secret, owner, clock, signal, ...(kubernetes && { kubernetes }) };
    const session = await connect(this.adapter, config, deps);
    const connection = { session, context: { config, owner, capabilities: await session.probe() } };
    this.#connections.set(keyOf(owner), connection);
    return connection;
  }

  /** One run of the main flow, and as many more as it takes until the device is no longer at work on what was sent. */
  async sync(desired: DesiredState, options: SyncOptions = {}): Promise<SyncResult> {
    for (let poll = 0; ; poll += 1) {
      const result = await this.turn(desired, options);
      if (result.state !== 'in-progress') return result;
      if (poll === mostPolls) throw new Error(`still in progress after ${mostPolls} polls`);
    }
  }

  /** What a worker does when it takes up the point: asks after what is pending, or runs the main flow. */
  async turn(desired: DesiredState, options: SyncOptions = {}): Promise<SyncResult> {
    const owner = keyOf(options.owner ?? ourselves);
    try {
      const { session, context } = await this.connect(options);
      const capabilities = { ...context.capabilities, ...options.tighten };
      const kept = await this.#poll(owner, session);
      if (kept.operations.length > 0) return { ...unreachable, state: 'in-progress' };
      const result = await syncPoint({
        desired,
        adapter: this.adapter,
        session,
        context: { ...context, capabilities },
        mode: options.mode ?? 'Enforce',
        limits: options.limits ?? unlimited,
        synced: true,
        ended: options.ended ?? new Set(),
        closedUntil: options.closedUntil,
        inForce: options.inForce,
        signal: options.signal ?? new AbortController().signal,
        refused: kept.refused,
        mostPerBatch: kept.mostPerBatch,
      });
      const operations = startedAt(0, result.pending);
      if (operations.length > 0) this.#pending.set(owner, { ...kept, operations, refused: result.quarantined });
      else if (result.state !== 'failed') this.#pending.delete(owner);
      return result;
    } catch (error) {
      return { ...unreachable, error: asAdapterError(error) };
    }
  }

  /** Asks after what is pending until nothing is. */
  async ended(outcomes: readonly Outcome[]): Promise<void> {
    const handles = new Set(outcomes.flatMap((outcome) => (outcome.result === 'pending' ? [outcome.handle] : [])));
    const { session } = await this.connect();
    for (const handle of handles) await this.ended(await session.poll(handle));
  }

  /** The device as desired; fails at the first thing that goes wrong. */
  async settle(desired: DesiredState, options: SyncOptions = {}): Promise<SyncResult> {
    return this.#repeat(desired, options, (result) => result.state === 'activating');
  }

  /** The device as desired, after as many attempts as it takes. Says what every attempt came to. */
  async recover(desired: DesiredState, seen: (result: SyncResult) => void = () => undefined): Promise<SyncResult> {
    return this.#repeat(desired, {}, (result) => {
      seen(result);
      return true;
    });
  }

  async #repeat(
    desired: DesiredState,
    options: SyncOptions,
    again: (result: SyncResult) => boolean,
  ): Promise<SyncResult> {
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.sync(desired, options);
      const more = again(result);
      if (result.state === 'programmed') return result;
      if (!more || attempt === attempts)
        throw new Error(`attempt ${attempt} ended ${result.state}: ${explain(result)}`);
    }
  }

  async #poll(owner: string, session: Session): Promise<Kept> {
    const kept: Kept = this.#pending.get(owner) ?? { operations: [], refused: [] };
    const polled = await pollOperations(kept.operations, session, { now: () => Infinity, longestMs: Infinity });
    const { mostPerBatch } = { ...kept, ...polled };
    const refused = [...kept.refused, ...polled.refused];
    const left = { operations: polled.operations, refused, ...(mostPerBatch && { mostPerBatch }) };
    this.#pending.set(owner, left);
    if (polled.error !== undefined) throw polled.error;
    return left;
  }

  /** Runs `work` and asks `check` after every request; fails with everything it objected to. */
  async watching(check: () => readonly string[], work: () => Promise<unknown>): Promise<void> {
    const objections: string[] = [];
    this.#watch = ({ method, path, body }) => {
      for (const objection of check()) objections.push(`after ${method} ${path} ${body.slice(0, 300)}: ${objection}`);
    };
    try {
      await work();
    } finally {
      this.#watch = () => undefined;
    }
    expect(objections.slice(0, 5)).toEqual([]);
  }

  /** Something happens to the device itself, once, after so many requests. */
  afterRequests(left: number, happens: () => void): void {
    this.#due = { left, happens };
  }

  onEachRequest(listener: () => void): void {
    this.#watch = listener;
  }

  /** What the device permits beyond these states. Give fewer flows where time matters. */
  wider(states: readonly DesiredState[], flows = this.flows): () => readonly string[] {
    const allowed = states.map((state) => permitted(state, flows));
    const forbidden = flows.filter((flow) => !allowed.some((set) => set.has(flow)));
    return () => this.which(forbidden, 'Accept');
  }

  /** Those of the flows that meet this verdict at the device. */
  which(flows: Iterable<SimulatedFlow>, action: 'Accept' | 'Deny'): readonly string[] {
    return [...flows].flatMap((flow) => {
      const verdict = this.simulator.verdict(flow);
      return verdict.action === action ? [`${describeFlow(flow)} meets ${action} by ${verdict.rule}`] : [];
    });
  }

  /** The device judges every flow as desired; where something was lost on the way, it permits less, never more. */
  expectAsDesired(desired: DesiredState, { losses }: SyncResult): void {
    const wanted = permitted(desired, this.flows);
    expect(this.wider([desired])()).toEqual([]);
    if (losses.length === 0) expect(this.which(wanted, 'Deny')).toEqual([]);
  }

  dump(): unknown {
    const dump = this.simulator.dump();
    return structuredClone(this.harness.comparable ? this.harness.comparable(dump) : dump);
  }

  /** What is done while `work` runs. */
  async requestsDuring(work: () => Promise<unknown>): Promise<readonly LoggedRequest[]> {
    const before = this.simulator.requests().length;
    await work();
    return this.simulator.requests().slice(before);
  }

  async lower(desired: DesiredState, tighten: SyncOptions['tighten'] = {}): Promise<readonly Resource[]> {
    const { context } = await this.connect();
    const capabilities = { ...context.capabilities, ...tighten };
    return byKey(this.adapter.lower(desired, { ...context, capabilities }).resources);
  }
}

export function byKey<R extends Resource>(resources: readonly R[]): readonly R[] {
  const text = ({ kind, name }: Resource): string => `${kind} ${name}`;
  return resources.toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** Everything a result says about what went wrong. */
export function explain({ error, violations, quarantined, plan }: SyncResult): string {
  const told = [
    error && `${error.errorClass} ${error.message} ${JSON.stringify(error.details)}`,
    ...violations.map(({ message }) => message),
    ...quarantined.map((item) => `${item.key.name} quarantined: ${item.error.message}`),
    `${plan.changes.length} changes planned`,
  ];
  return told.filter(Boolean).join('; ');
}

type Kept = Pick<PendingSync, 'operations' | 'refused' | 'mostPerBatch'>;

const unreachable = {
  ...nothingApplied,
  state: 'failed',
  plan: { changes: [] },
  violations: [],
  losses: [],
  foreign: [],
  evidence: '',
  observed: [],
} as const satisfies SyncResult;

function keyOf({ cluster, point = '' }: Owner): string {
  return `${cluster} ${point}`;
}
