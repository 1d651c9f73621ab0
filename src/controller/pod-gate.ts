import type { Clock } from '../adapter/adapter.ts';
import { isLive } from '../core/model/pods.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import { readCoverage } from '../core/compile/inputs/coverage.ts';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { Labels, ObjectChange, Pod } from '../core/model/snapshot.ts';
import { requirementsMatch } from '../core/select/requirements.ts';
import { labelsOfNamespace } from '../core/select/subject.ts';
import { judgeGate, type GateNeed, type GateTimeout, type GateVerdict } from '../core/status/gate.ts';

import type { Publisher } from './publish/publisher.ts';

export type GatedPod = Pick<Pod, 'namespace' | 'name' | 'uid'>;

export interface PodGateDeps {
  readonly publisher: Pick<Publisher, 'points' | 'version' | 'recheck'>;
  /** Writes the condition into the pod's status. Rejects when it could not; a pod that is gone is no failure. */
  readonly write: (pod: GatedPod, verdict: GateVerdict) => Promise<void>;
  readonly timeout: GateTimeout;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly onError: (error: unknown) => void;
}

interface Entry extends GatedPod {
  /** On the pod network, and on those beside it. */
  readonly addresses: string;
  readonly since: number;
  /** Undefined: not known yet, because something has not been published. */
  needs: readonly GateNeed[] | undefined;
  /** What was written last, so that it is not written again. */
  written: string;
}

const judgeEveryMs = 1_000;
const abreast = 8;

/**
 * Opens the readiness gate of pods that have one when their addresses are live on every enforcing point that covers
 * them. A gate that has been opened stays open whatever becomes of the device, until the pod's addresses change.
 */
export class PodGate {
  readonly #deps: PodGateDeps;
  readonly #pods = new Map<string, Entry>();
  readonly #waiting = new Set<Entry>();
  readonly #labels = new Map<string, Labels>();
  readonly #readBack = new Map<string, number>();
  /** Points that were asked to be read back and have not been yet. */
  readonly #rechecking = new Set<string>();
  #judging = false;

  constructor(deps: PodGateDeps) {
    this.#deps = deps;
  }

  /** What changed in the cluster, once all of it has been published. */
  changes(changes: readonly ObjectChange[]): void {
    for (const { kind, key, object } of changes) {
      if (kind === 'Namespace') {
        if (object === undefined) this.#labels.delete(key);
        else this.#labels.set(key, object.labels);
      } else if (kind === 'EnforcementPoint' && object === undefined) this.#readBack.delete(key);
      else if (kind === 'Pod') this.#take(key, object);
    }
    for (const entry of this.#waiting) entry.needs ??= this.#needsOf(entry);
  }

  /** A worker has dealt with a point. */
  outcome({ point, state, version, readBackVersion = 0 }: PointOutcome): void {
    this.#readBack.set(point, readBackVersion);
    if (state !== 'sent') this.#rechecking.delete(point);
    else if (!this.#rechecking.has(point) && this.#isAwaited(point, version)) {
      this.#rechecking.add(point);
      this.#deps.publisher.recheck(point).catch(this.#deps.onError);
    }
  }

  /** Judges what waits every second, until the signal aborts. */
  async run(clock: Clock, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.judge();
      await clock.sleep(judgeEveryMs, signal);
    }
  }

  /** Judges every pod that waits, and writes what there is to say. To be called after outcomes, and every second or so. */
  async judge(): Promise<void> {
    if (this.#judging) return;
    this.#judging = true;
    try {
      const due = [...this.#waiting].flatMap((entry) => {
        const verdict = this.#verdict(entry);
        return verdict === undefined || textOf(verdict) === entry.written ? [] : [{ entry, verdict }];
      });
      for (let from = 0; from < due.length; from += abreast)
        await Promise.all(due.slice(from, from + abreast).map(({ entry, verdict }) => this.#write(entry, verdict)));
    } finally {
      this.#judging = false;
    }
  }

  #take(key: string, pod: Pod | undefined): void {
    const known = this.#pods.get(key);
    const ended = pod === undefined || !isLive(pod);
    if (ended || pod.gate === undefined || pod.addresses.length === 0) {
      this.#forget(key, known);
      return;
    }
    const { namespace, name, uid } = pod;
    const addresses = JSON.stringify([pod.addresses, pod.attachments ?? []]);
    if (known?.uid === uid && known.addresses === addresses) return;
    this.#forget(key, known);
    // One that this process never saw waiting was opened by another, for the addresses it has.
    const open = pod.gate === 'open' && known?.uid !== uid;
    const entry = { namespace, name, uid, addresses, since: this.#deps.clock.elapsed(), needs: undefined, written: '' };
    this.#pods.set(key, entry);
    if (open) return;
    this.#waiting.add(entry);
    if (pod.gate === 'open') void this.#write(entry, addressChanged);
  }

  #forget(key: string, known: Entry | undefined): void {
    if (known === undefined) return;
    this.#pods.delete(key);
    this.#waiting.delete(known);
  }

  #verdict(entry: Entry): GateVerdict | undefined {
    const { timeout, clock, publisher } = this.#deps;
    entry.needs ??= this.#needsOf(entry);
    const needs = entry.needs ?? [{ point: 'what has not been published yet', version: Infinity }];
    // A point that was deleted, or now only observes, does not delay a pod.
    const enforcing = new Set(
      publisher
        .points()
        .filter(enforces)
        .map(({ metadata }) => metadata.name),
    );
    const left = entry.needs === undefined ? needs : needs.filter(({ point }) => enforcing.has(point));
    return judgeGate(left, (point) => this.#readBack.get(point) ?? 0, clock.elapsed() - entry.since, timeout);
  }

  #needsOf({ namespace }: GatedPod): readonly GateNeed[] | undefined {
    const labels = labelsOfNamespace(namespace, this.#labels.get(namespace));
    const covering = this.#deps.publisher.points().filter((point) => enforces(point) && covers(point, labels));
    const needs = covering.flatMap(({ metadata: { name } }) => {
      const version = this.#deps.publisher.version(name);
      return version === undefined ? [] : [{ point: name, version }];
    });
    return needs.length === covering.length ? needs : undefined;
  }

  #isAwaited(point: string, version: number): boolean {
    for (const { needs = [] } of this.#waiting)
      if (needs.some((need) => need.point === point && need.version <= version)) return true;
    return false;
  }

  async #write(entry: Entry, verdict: GateVerdict): Promise<void> {
    const before = entry.written;
    entry.written = textOf(verdict);
    try {
      await this.#deps.write(entry, verdict);
      if (verdict.status === 'True') this.#waiting.delete(entry);
    } catch (error) {
      entry.written = before;
      this.#deps.onError(error);
    }
  }
}

const addressChanged: GateVerdict = {
  status: 'False',
  reason: 'AddressChanged',
  message: 'Its new addresses are not known to be live yet.',
};

function textOf({ status, reason, message }: GateVerdict): string {
  return [status, reason, message].join(' ');
}

function enforces({ spec }: EnforcementPoint): boolean {
  return spec.mode === 'Enforce';
}

function covers(point: EnforcementPoint, labels: Labels): boolean {
  const { namespaces } = readCoverage(point).coverage;
  return namespaces !== undefined && requirementsMatch(namespaces, labels);
}
