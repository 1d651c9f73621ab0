import { hostname } from 'node:os';
import type { Clock } from '../adapter/adapter.ts';
import { apiVersion } from '../api/meta.ts';
import { PodGate } from './pod-gate.ts';
import { Statuses } from './statuses.ts';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { GateTimeout } from '../core/status/gate.ts';
import { ClusterInformer, type InformerHealth } from '../kube/informer/informer.ts';
import { EventRecorder } from '../kube/client/event-recorder.ts';
import type { ApiClient } from '../kube/client/transport.ts';
import type { OutcomeStore } from '../store/outcome-store.ts';
import type { ReadingStore } from '../store/reading-store.ts';
import type { ConsistencyChecker } from './consistency.ts';
import type { ControllerLoop } from './loop.ts';
import type { Operations } from '../http/operations.ts';
import { writeGate, writeStatus } from './status-writer.ts';

export interface FollowDeps {
  readonly api: ApiClient;
  readonly loop: ControllerLoop;
  readonly outcomes: OutcomeStore;
  readonly readings: ReadingStore;
  readonly clock: Clock;
  readonly random: () => number;
  /** May statuses be written? False for a leader that has slept through its term and does not know it yet. */
  readonly leads: () => boolean;
  readonly onHealth: (health: InformerHealth) => void;
  readonly report: (message: string) => void;
  /** Pods with the readiness gate wait for their addresses to be live; absent: nobody looks after such gates. */
  readonly podGate?: GateTimeout | undefined;
  /** Compares the layers as they are read back; absent: nobody does. */
  readonly consistency?: ConsistencyChecker;
  readonly operations?: Pick<Operations, 'metrics' | 'follows'> | undefined;
}

const flushEveryMs = 1_000;
const askEveryMs = 250;
const awaitOutcomesMs = 15_000;
/** Of one flush; an API server has other things to do. */
const mostWrites = 100;
const judgeEveryMs = 1_000;

/** Follows the cluster into the controller and writes statuses back, until the signal aborts. */
export async function followCluster(deps: FollowDeps, signal: AbortSignal): Promise<void> {
  const { api, loop, outcomes, clock, random, report, operations } = deps;
  const statuses = startStatuses(deps, signal);
  const gate = deps.podGate && startGate(deps, deps.podGate, signal);
  loop.onRules((points) => statuses.rules(points));
  let healthy = true;
  const source = new ClusterInformer({
    api,
    clock,
    random,
    report,
    onChanges: async (changes, synced) => {
      operations?.metrics.changes(changes);
      await loop.apply(changes, synced && healthy);
      deps.consistency?.changes(changes);
      statuses.objects(changes);
      gate?.changes(changes);
      for (const { kind, key, object } of changes) {
        // A successor of the same name begins from nothing.
        if (kind === 'EnforcementPoint' && object === undefined) await outcomes.forget(key).catch(() => undefined);
      }
    },
    onHealth: (health) => {
      deps.onHealth(health);
      if (health.healthy === healthy) return;
      healthy = health.healthy;
      // Points are told at once that what is missing may still be there, or that all is seen again.
      if (source.synced) void loop.apply([], healthy).catch(() => undefined); // told by the side
    },
  });
  operations?.follows(source);
  const heard = (outcome: PointOutcome): void => {
    operations?.metrics.outcome(outcome);
    statuses.outcome(outcome);
    deps.consistency?.heard();
    gate?.outcome(outcome);
    void gate?.judge();
  };
  const watched = {
    points: () => loop.publisher.points(),
    version: (point: string) => loop.publisher.version(point),
    desired: (point: string) => loop.publisher.desired(point),
    readings: deps.readings,
    told: statuses.consistent.bind(statuses),
  };
  await Promise.all([
    source.run(signal),
    outcomes.follow(heard, signal),
    flush(statuses, deps, () => source.synced, signal),
    deps.consistency?.run(watched, signal),
    gate === undefined ? undefined : every(judgeEveryMs, () => gate.judge(), clock, signal),
  ]);
}

function startStatuses(deps: FollowDeps, signal: AbortSignal): Statuses {
  const { api, loop, clock, random, leads, report, operations } = deps;
  const events = new EventRecorder({ api, clock, random, instance: hostname(), report });
  return new Statuses({
    desired: (point) => loop.publisher.desired(point),
    problems: () => loop.publisher.problems(),
    overGrants: (point) => {
      const found = loop.publisher.overGrants(point);
      operations?.metrics.overGrants(point, found.length);
      return found;
    },
    write: async (subject, status) => {
      if (!leads()) throw new Error('this controller leads no longer');
      await writeStatus(api, subject, status, signal);
    },
    tell: ({ kind, key, uid }, occurrence) => {
      const slash = key.indexOf('/');
      const name = key.slice(slash + 1);
      const regarding = { apiVersion, kind, name, uid, ...(slash >= 0 && { namespace: key.slice(0, slash) }) };
      if (leads()) void events.record({ regarding, ...occurrence });
    },
    now: () => clock.now(),
  });
}

function startGate(
  { api, loop, clock, leads, report }: FollowDeps,
  timeout: GateTimeout,
  signal: AbortSignal,
): PodGate {
  return new PodGate({
    points: () => loop.publisher.points(),
    version: (point) => loop.publisher.version(point),
    recheck: (point) => loop.publisher.recheck(point),
    write: async (pod, verdict) => {
      if (!leads()) throw new Error('this controller leads no longer');
      await writeGate(api, pod, verdict, { at: new Date(clock.now()).toISOString(), signal });
    },
    timeout,
    now: () => clock.now(),
    onError: (error) => report(`a readiness gate: ${error instanceof Error ? error.message : 'unknown error'}`),
  });
}

async function every(ms: number, task: () => Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await task();
    await clock.sleep(ms, signal);
  }
}

async function flush(statuses: Statuses, deps: FollowDeps, synced: () => boolean, signal: AbortSignal): Promise<void> {
  const { clock, report } = deps;
  await informed(statuses, deps, synced, signal);
  while (!signal.aborted) {
    const { failures } = await statuses.flush(mostWrites);
    const [first] = failures;
    if (first !== undefined)
      report(
        `${failures.length} statuses were not written: ${first instanceof Error ? first.message : 'unknown error'}`,
      );
    await clock.sleep(flushEveryMs, signal);
  }
}

/**
 * Waits until the cluster is known and every point was heard of, for a silent one not for ever: what a start does not
 * know yet, those before it knew, and said.
 */
async function informed(
  statuses: Statuses,
  { clock, outcomes, loop }: FollowDeps,
  synced: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < awaitOutcomesMs && !signal.aborted;) {
    await clock.sleep(askEveryMs, signal);
    if (!synced()) continue;
    waitedMs += askEveryMs;
    const points = loop.publisher.points().map(({ metadata }) => outcomes.last(metadata.name).catch(() => undefined));
    const heard = (await Promise.all(points)).flatMap((outcome) => outcome ?? []);
    for (const outcome of heard) statuses.outcome(outcome);
    if (heard.length === points.length) return;
  }
}
