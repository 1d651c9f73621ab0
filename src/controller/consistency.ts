import type { Compiled } from '../core/compile/compiler.ts';
import type { Clock } from '../adapter/adapter.ts';
import { inSlices } from '../adapter/in-slices.ts';
import type { KubernetesObjects } from '../adapter/kubernetes-objects.ts';
import type { Owner } from '../adapter/owner.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import type { Judgement } from '../core/status/conditions.ts';
import { consistent, notCompared, tooLarge } from '../core/status/consistent.ts';
import type { Consistency } from '../core/model/consistency.ts';
import type { Steps } from '../core/model/steps.ts';
import { checking } from '../verify/compare/consistency.ts';
import { remainingFrom } from '../verify/values/time.ts';
import type { Layers } from '../verify/layers.ts';
import { SnapshotKeeper } from '../core/model/snapshot-keeper.ts';
import { meshObjects } from '../kube/mesh/cluster.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Reading, ReadingStore } from '../store/reading-store.ts';
import { offlineAdapter, type AdapterRegistry } from '../adapter/registry.ts';
import type { Publisher } from './publish/publisher.ts';
import { layersOf, settingsOf, type ReadPoint } from '../layers/layers.ts';

export interface ConsistencyDeps {
  readonly adapters: AdapterRegistry;
  readonly owner: Owner;
  /** The cluster, for what a mesh in it does. */
  readonly kubernetes?: KubernetesObjects;
  /** False: it may not list what others write there, so that beside points in the cluster it says nothing. Absent: it may. */
  readonly mayListOthers?: boolean;
  readonly clock: Clock;
  readonly metrics?: Pick<Metrics, 'inconsistentFlows'> | undefined;
  readonly report: (message: string) => void;
  readonly publisher: Pick<Publisher, 'points' | 'version'> & {
    read<T>(answer: (compiled: Pick<Compiled, 'desired'>) => T): Promise<T>;
  };
  /** What was read of devices last. */
  readonly readings: Pick<ReadingStore, 'version' | 'last'>;
  /** Told what is found of each point. */
  readonly onJudgement: (point: string, judgement: Judgement) => void;
}

const lookEveryMs = 5_000;
/** Between two comparisons, however much changes. */
const restMs = 30_000;
/** What was found stands while changes are on their way, but not for longer than this. */
const patienceMs = 300_000;
/** More pods than this would be too much work beside the rest. */
const mostPods = 30_000;

/**
 * Compares the layers whenever everything that was published has been read back, off the hot path and in small slices.
 * While changes are on their way to a device, the verdict stays as it was: a late layer is not inconsistent.
 */
export class ConsistencyChecker {
  readonly #deps: ConsistencyDeps;
  readonly #cluster = new SnapshotKeeper();
  #dirty = true;
  /** Since when something has been on its way at every look, by both clocks; undefined: it is not. */
  #behindSince: { readonly elapsed: number; readonly at: string } | undefined;
  /** Points that were found to differ: that stays said until they are found not to. */
  readonly #differing = new Set<string>();

  constructor(deps: ConsistencyDeps) {
    this.#deps = deps;
  }

  changes(changes: readonly ObjectChange[]): void {
    this.#cluster.apply(changes);
    this.#dirty = true;
  }

  /** Something became of a point. */
  outcome(): void {
    this.#dirty = true;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(lookEveryMs, signal);
      if (!this.#dirty) continue;
      const compared = await this.#compare(signal).catch((error: unknown) => {
        this.#deps.report(`the layers were not compared: ${error instanceof Error ? error.message : 'unknown error'}`);
        return true;
      });
      if (compared) await this.#deps.clock.sleep(restMs, signal);
    }
  }

  /** False when something is on its way: there will be another try. */
  async #compare(signal: AbortSignal): Promise<boolean> {
    const { publisher, onJudgement } = this.#deps;
    const points = publisher.points().filter(({ spec }) => spec.mode === 'Enforce');
    if (points.length === 0) return false;
    if (!(await this.#settled(points))) {
      this.#stillBehind(points);
      return false;
    }
    this.#dirty = false;
    const layers = await this.#layers(points);
    if (layers === undefined) return true;
    const count = layers.snapshot.pods.length;
    if (count > mostPods) {
      for (const { metadata } of points) onJudgement(metadata.name, tooLarge(count));
      return true;
    }
    const found = await inSlices(untilAborted(checking(layers), signal));
    // What has changed in the meantime may be why layers differ.
    if (found === undefined || !(await this.#settled(points))) {
      this.#dirty = true;
      this.#stillBehind(points);
      return false;
    }
    this.#behindSince = undefined;
    for (const { metadata } of points) this.#tell(metadata.name, found);
    return true;
  }

  /** A point that is held, or whose device is away, keeps the others from being compared as well. */
  #stillBehind(points: readonly EnforcementPoint[]): void {
    const { clock, onJudgement } = this.#deps;
    this.#behindSince ??= { elapsed: clock.elapsed(), at: new Date(clock.now()).toISOString() };
    if (clock.elapsed() - this.#behindSince.elapsed < patienceMs) return;
    const judgement = notCompared(this.#behindSince.at);
    for (const { metadata } of points) if (!this.#differing.has(metadata.name)) onJudgement(metadata.name, judgement);
  }

  async #settled(points: readonly EnforcementPoint[]): Promise<boolean> {
    const { publisher, readings } = this.#deps;
    const read = await Promise.all(points.map(({ metadata }) => readings.version(metadata.name)));
    // Who has a device read again, as every few minutes, makes a newer version of what was published.
    return points.every(({ metadata }, at) => (read[at] ?? 0) >= (publisher.version(metadata.name) ?? Infinity));
  }

  /** Undefined: what decides beside the points may not be read. */
  async #layers(points: readonly EnforcementPoint[]): Promise<Layers | undefined> {
    const { adapters, owner, clock, kubernetes, mayListOthers, publisher, readings } = this.#deps;
    const read = await Promise.all(
      points.map(async (point): Promise<readonly ReadPoint[]> => {
        const { name } = point.metadata;
        const reading = await readings.last(name);
        const wanted = await publisher.read((compiled) => compiled.desired(name));
        if (reading === undefined || wanted === undefined) return [];
        return [{ ...(await offlineAdapter(adapters, point, owner)), point, desired: wanted, ...contentOf(reading) }];
      }),
    );
    const all = read.flat();
    const inMesh = all.some(({ adapter }) => adapter.inMesh !== undefined);
    if (inMesh && mayListOthers === false) return undefined;
    // All objects or none: an object of another owner that was not read could undo Postern's.
    const objects = inMesh && kubernetes ? await meshObjects(kubernetes, settingsOf(all)) : undefined;
    const remaining = remainingFrom(clock.now());
    const snapshot = this.#cluster.snapshot();
    return layersOf({
      snapshot,
      remaining,
      points: all,
      mesh: { objects: objects ?? [] },
      complete: objects !== undefined,
    });
  }

  #tell(point: string, found: Consistency): void {
    const judgement = consistent(point, found);
    if (judgement.status === 'False') this.#differing.add(point);
    else this.#differing.delete(point);
    this.#deps.onJudgement(point, judgement);
    const count = (flows: readonly { readonly point: string }[]): number =>
      flows.filter((flow) => flow.point === point).length;
    const { meshOnly, perimeterOnly } = found;
    this.#deps.metrics?.inconsistentFlows(point, { meshOnly: count(meshOnly), perimeterOnly: count(perimeterOnly) });
  }
}

function contentOf({ resources, others, losses }: Reading): Pick<ReadPoint, 'resources' | 'others' | 'losses'> {
  return { resources, losses, ...(others && { others }) };
}

/** Undefined when it was broken off. */
function* untilAborted(steps: ReturnType<typeof checking>, signal: AbortSignal): Steps<Consistency | undefined> {
  while (!signal.aborted) {
    const { done, value } = steps.next();
    if (done === true) return value;
    yield;
  }
  return undefined;
}
