import type { World } from '../console/serve/world.ts';
import type { GateTimeout } from '../core/status/gate.ts';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import type { Operations } from '../http/operations.ts';
import { ClusterInformer, type InformerHealth, type ResourceHealth } from '../kube/informer/informer.ts';
import { messageOf } from '../log/scrub.ts';
import type { OutcomeStore } from '../store/outcome-store.ts';
import type { ReadingStore } from '../store/reading-store.ts';
import { approvalsAreGuarded } from '../kube/client/approval-guard.ts';
import { ApprovalTrust, type ApprovalTrustDeps } from './approval-trust.ts';
import { ConsistencyChecker, type ConsistencyDeps } from './consistency.ts';
import type { ControllerLoop } from './publish/loop.ts';
import { PodGate } from './pod-gate.ts';
import { writeStatuses } from './statuses/status-loop.ts';
import { StatusWriter, type StatusWriterDeps } from './status-writer.ts';
import { consequenceOf } from './statuses/object-problems.ts';
import { Statuses } from './statuses/statuses.ts';
import { WholeView } from './whole-view.ts';

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
export interface AddressKeeper {
  changes(changes: readonly ObjectChange[]): void;
  run(sees: () => boolean, signal: AbortSignal): Promise<void>;
}

/**
 * One term of the controller, until the signal aborts: what changes in the cluster goes to the loop, which publishes it,
 * and what the workers report of each point comes back as statuses.
 */
export async function followCluster(deps: FollowDeps, signal: AbortSignal): Promise<void> {
  const { loop, outcomes, clock, report, operations, addresses } = deps;
  const metrics = operations?.metrics;
  const { publisher } = loop;
  const { statuses, gate, consistency } = startParts(deps, signal);
  loop.onRules((points) => statuses.rules(points));
  const synced = (): boolean => source.synced;
  const shown = deps.world?.follow({ publisher, outcomes, synced, kubernetes: deps.layers?.kubernetes });
  const view = new WholeView();
  let taking = 0;
  const also = besides(report);
  const takeIn = async (changes: readonly ObjectChange[], synced: boolean, confirmed?: boolean): Promise<void> => {
    for (const each of [metrics, shown, addresses]) also(() => each?.changes(changes));
    view.takenIn(source.waiting);
    taking += 1;
    await loop.apply(changes, synced && view.whole, confirmed, synced).finally(() => (taking -= 1));
    if (view.takenIn(source.waiting) && synced) await loop.apply([], true);
    metrics?.uncompiled(publisher.leftOut);
    also(() => consistency?.changes(changes));
    also(() => statuses.objects(changes));
    also(() => gate?.changes(changes));
    for (const { kind, key, object } of changes) {
      // A successor of the same name begins from nothing.
      if (kind === 'EnforcementPoint' && object === undefined) await outcomes.forget(key).catch(() => undefined);
    }
  };
  const trust = trustIn(deps, statuses, (changes) => takeIn(changes, source.synced));
  const source = new ClusterInformer({
    ...deps,
    onChanges: (changes, synced, confirmed) => takeIn(trust.admitted(changes), synced, confirmed),
    onUnreadable: (kind, key, problems, found) => {
      statuses.unreadable(kind, key, problems, found);
      const what = consequenceOf(`${kind}/${key}`, found?.inForce);
      for (const { field, message } of problems) report(`${kind}/${key} ${field}: ${message}; ${what}`);
    },
    onHealth: (health) => {
      deps.onHealth(health);
      const seen = publisher.seesEgress(health.egressUnseen === '');
      const news = view.look(health.healthy && health.caughtUp, source.waiting || taking > 0);
      // Points are told at once that what is missing may still be there, or that all is seen again.
      if ((news || seen) && source.synced) void loop.apply([], view.whole).catch(() => undefined); // reported by the loop
    },
  });
  operations?.follows(source);
  operations?.works(() => {
    const names = publisher.points().map(({ metadata }) => metadata.name);
    const late = names.map((name) => [name, publisher.late(name)?.reason] as const);
    return new Map(late.flatMap(([name, reason]) => (reason === undefined ? [] : [[name, reason]])));
  });
  const heard = (outcome: PointOutcome): void => {
    publisher.heard(outcome);
    metrics?.outcome(outcome);
    statuses.outcome(outcome);
    consistency?.heard();
    gate?.outcome(outcome);
    void gate?.judge();
    // Pods that ended unobserved explain removals, once it is certain that they are not merely missing from a list. While
    // anything else is not seen, a list explains nothing, and of who ends just then it would hide that he was seen to.
    if (outcome.state === 'held' && publisher.unexplained && publisher.synced) source.confirmPods();
  };
  await trust.begin(signal);
  await Promise.all([
    trust.run(signal),
    source.run(signal),
    outcomes.follow(heard, signal),
    writeStatuses(statuses, { publisher, outcomes, clock, report, synced }, signal),
    consistency?.run(signal),
    gate?.run(clock, signal),
    addresses?.run(() => source.synced && source.health.resources.every(seesPods), signal),
  ]).finally(() => shown?.end());
}

/** Runs what follows changes besides: a fault there must not keep them from being taken in. */
function besides(report: FollowDeps['report']): (follow: () => void) => void {
  return (follow) => {
    try {
      follow();
    } catch (error) {
      report(`a change was not followed everywhere, which is a fault of Postern: ${messageOf(error)}`);
    }
  };
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
    told: ({ metadata, ...object }, problems) => {
      const { namespace, name, uid, generation } = metadata;
      const found = { uid, generation, status: object['status'], inForce: 'nothing' } as const;
      statuses.unreadable('EgressApproval', `${namespace}/${name}`, problems, found);
    },
    release,
  });
}

/** Who turns outcomes into what is written of objects, pods and layers. */
function startParts(
  { loop, clock, report, podGate, layers, readings, operations, ...deps }: FollowDeps,
  signal: AbortSignal,
) {
  const { publisher } = loop;
  const metrics = operations?.metrics;
  const now = (): number => clock.now();
  const writer = new StatusWriter({ ...deps, clock, report }, signal);
  const statuses = new Statuses({
    publisher,
    metrics,
    write: (subject, status) => writer.status(subject, status),
    tell: (subject, occurrence) => writer.event(subject, occurrence),
    late: (point) => publisher.late(point),
    now,
  });
  const gate =
    podGate &&
    new PodGate({
      publisher,
      write: (pod, verdict) => writer.gate(pod, verdict),
      timeout: podGate,
      now,
      onError: (error) => report(`a readiness gate: ${messageOf(error)}`),
    });
  const told = statuses.consistent.bind(statuses);
  const consistency =
    layers && new ConsistencyChecker({ ...layers, publisher, readings, clock, metrics, report, told });
  return { statuses, gate, consistency };
}
