import type { World } from '../console/serve/world.ts';
import type { GateTimeout } from '../core/status/gate.ts';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { LateWork } from '../core/status/conditions.ts';
import type { Operations } from '../http/operations.ts';
import { ClusterInformer, type InformerHealth, type ResourceHealth } from '../kube/informer/informer.ts';
import { messageOf } from '../log/scrub.ts';
import type { OutcomeStore } from '../store/outcome-store.ts';
import type { ReadingStore } from '../store/reading-store.ts';
import { approvalsAreGuarded } from '../kube/client/approval-guard.ts';
import { ApprovalTrust, type ApprovalTrustDeps } from './approval-trust.ts';
import { ConsistencyChecker, type ConsistencyDeps } from './consistency.ts';
import { ChangeHandler, type ChangeListener } from './change-handler.ts';
import type { ControllerLoop } from './publish/loop.ts';
import type { Publisher } from './publish/publisher.ts';
import { PodGate } from './pod-gate.ts';
import { writeStatuses } from './statuses/status-loop.ts';
import { StatusWriter, type StatusWriterDeps } from './status-writer.ts';
import { consequenceOf } from './statuses/object-problems.ts';
import { Statuses } from './statuses/statuses.ts';

export interface FollowDeps extends StatusWriterDeps {
  readonly loop: ControllerLoop;
  /** Postern's own. */
  readonly namespace: string;
  readonly outcomes: OutcomeStore;
  readonly readings: ReadingStore;
  readonly onHealth: (health: InformerHealth) => void;
  /** Pods with the readiness gate wait for their addresses to be live; absent: no controller handles such gates. */
  readonly podGate?: GateTimeout | undefined;
  /** To compare the layers as they are read back; absent: it is not done. */
  readonly layers?: Pick<ConsistencyDeps, 'adapters' | 'owner' | 'kubernetes' | 'mayListOthers'>;
  readonly operations?: Pick<Operations, 'metrics' | 'follows' | 'works'> | undefined;
  /** Shown what is followed. */
  readonly world?: Pick<World, 'follow'> | undefined;
  /** Keeps on record which pod had which address when; absent: it is not done. */
  readonly addresses?: AddressKeeper | undefined;
}

/** Takes in what happens to pods, and writes it down until the signal aborts, as long as all of it is seen. */
export interface AddressKeeper extends ChangeListener {
  run(sees: () => boolean, signal: AbortSignal): Promise<void>;
}

/**
 * One term of the controller, until the signal aborts: what changes in the cluster goes to the loop, which publishes it,
 * and what the workers report of each point comes back as statuses.
 */
export async function followCluster(deps: FollowDeps, signal: AbortSignal): Promise<void> {
  const { loop, outcomes, clock, report, operations, addresses } = deps;
  const { publisher } = loop;
  const metrics = operations?.metrics;
  const { statuses, gate, consistency } = startReporters(deps, signal);
  const synced = (): boolean => informer.synced;
  const shown = deps.world?.follow({ publisher, outcomes, synced, kubernetes: deps.layers?.kubernetes });
  const handler = new ChangeHandler({
    loop,
    outcomes,
    informer: () => informer,
    report,
    before: [metrics, shown, addresses],
    after: [{ changes: () => metrics?.uncompiled(publisher.leftOut) }, consistency, statuses, gate],
  });
  const trust = trustIn(deps, statuses, (changes) => handler.handle(changes, informer.synced));
  const informer: ClusterInformer = new ClusterInformer({
    ...deps,
    onChanges: (changes, synced, confirmed) => handler.handle(trust.admitted(changes), synced, confirmed),
    onUnreadable: (kind, key, problems, found) => {
      statuses.unreadable(kind, key, problems, found);
      const consequence = consequenceOf(`${kind}/${key}`, found?.inForce);
      for (const { field, message } of problems) report(`${kind}/${key} ${field}: ${message}; ${consequence}`);
    },
    onHealth: (health) => {
      deps.onHealth(health);
      handler.health(health);
    },
  });
  loop.onRules((points) => statuses.rules(points));
  operations?.follows(informer);
  operations?.works(() => lateReasons(publisher));
  const onOutcome = (outcome: PointOutcome): void => {
    for (const listener of [publisher, metrics, statuses, consistency, gate]) listener?.outcome(outcome);
    void gate?.judge();
    // Pods that ended unobserved explain removals, once it is certain that they are not merely missing from a list. While
    // anything else is not seen, a list explains nothing, and of who ends just then it would hide that he was seen to.
    if (outcome.state === 'held' && publisher.unexplained && publisher.synced) informer.confirmPods();
  };
  await trust.begin(signal);
  await Promise.all([
    trust.run(signal),
    informer.run(signal),
    outcomes.follow(onOutcome, signal),
    writeStatuses(statuses, { publisher, outcomes, clock, report, synced }, signal),
    consistency?.run(signal),
    gate?.run(clock, signal),
    addresses?.run(() => informer.synced && informer.health.resources.every(seesPods), signal),
  ]).finally(() => shown?.end());
}

/** Points whose work no worker has dealt with for too long, with the reason. */
function lateReasons(publisher: Publisher): ReadonlyMap<string, LateWork['reason']> {
  const names = publisher.points().map(({ metadata }) => metadata.name);
  const late = names.map((name) => [name, publisher.late(name)?.reason] as const);
  return new Map(late.flatMap(([name, reason]) => (reason === undefined ? [] : [[name, reason]])));
}

/** True for every other resource. */
function seesPods({ plural, state }: ResourceHealth): boolean {
  return plural !== 'pods' || state === 'healthy';
}

/** Approvals count where the API server vouches for what they say. */
function trustIn(
  { api, namespace: own, clock, report }: FollowDeps,
  statuses: Statuses,
  release: ApprovalTrustDeps['release'],
): ApprovalTrust {
  return new ApprovalTrust({
    guarded: (signal) => approvalsAreGuarded(api, own, signal),
    clock,
    report,
    onWithheld: ({ metadata, ...object }, problems) => {
      const { namespace, name, uid, generation } = metadata;
      const found = { uid, generation, status: object['status'], inForce: 'nothing' } as const;
      statuses.unreadable('EgressApproval', `${namespace}/${name}`, problems, found);
    },
    release,
  });
}

/** What writes statuses, opens readiness gates, and compares the layers. */
function startReporters(
  { loop, clock, report, podGate, layers, readings, operations, ...deps }: FollowDeps,
  signal: AbortSignal,
) {
  const { publisher } = loop;
  const metrics = operations?.metrics;
  const writer = new StatusWriter({ ...deps, clock, report }, signal);
  const statuses = new Statuses({
    publisher,
    metrics,
    write: (subject, status) => writer.status(subject, status),
    event: (subject, occurrence) => writer.event(subject, occurrence),
    late: (point) => publisher.late(point),
    clock,
  });
  const gate =
    podGate &&
    new PodGate({
      publisher,
      write: (pod, verdict) => writer.gate(pod, verdict),
      timeout: podGate,
      clock,
      onError: (error) => report(`a readiness gate: ${messageOf(error)}`),
    });
  const onJudgement = statuses.consistent.bind(statuses);
  const consistency =
    layers && new ConsistencyChecker({ ...layers, publisher, readings, clock, metrics, report, onJudgement });
  return { statuses, gate, consistency };
}
