import type { z } from 'zod';
import type { Kind } from '../api/kinds.ts';
import { policyStatusSchema, pointStatusSchema, type PointStatus, type PolicyStatus } from '../api/status.ts';
import type { DesiredState } from '../core/model/desired.ts';
import { canonical } from '../core/model/json.ts';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { Problem } from '../core/model/problem.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import { policyStatus } from '../core/status/policy-status.ts';
import { pointStatus } from '../core/status/point-status.ts';
import { rulesDigest, stakesIn, type Share, type Stake } from '../core/status/share.ts';

/** Writes the status of one object; rejects when it could not. */
export type WriteStatus = (kind: Kind, key: string, status: PolicyStatus | PointStatus) => Promise<void>;

export interface StatusesDeps {
  readonly desired: (point: string) => DesiredState | undefined;
  readonly problems: () => readonly Problem[];
  readonly write: WriteStatus;
  /** RFC 3339. */
  readonly now: () => string;
}

/** One object of ours as far as its status is concerned. */
interface Subject {
  readonly kind: Kind;
  readonly key: string;
  readonly generation: number;
  status: unknown;
}

interface PointView {
  stakes: ReadonlyMap<string, Stake>;
  digest: string;
  outcome: PointOutcome | undefined;
  /** Digest of each stake as it was when the point was read back last and agreed. */
  readonly programmed: Map<string, string>;
}

/**
 * Keeps the status of every object of ours: marks what a change may have touched, and writes, a few at a time, what
 * really differs. What was read with an object counts as written, so that a restart writes nothing.
 */
export class Statuses {
  readonly #deps: StatusesDeps;
  readonly #subjects = new Map<string, Subject>();
  readonly #points = new Map<string, PointView>();
  readonly #dirty = new Set<string>();
  #problematic: ReadonlySet<string> = new Set();

  constructor(deps: StatusesDeps) {
    this.#deps = deps;
  }

  /** Objects of ours that came, changed or went. */
  objects(changes: readonly ObjectChange[]): void {
    for (const { kind, key, object } of changes) {
      if (kind === 'Pod' || kind === 'Namespace' || kind === 'Node' || kind === 'ServiceAccount') continue;
      const subject = `${kind}/${key}`;
      if (object === undefined) this.#subjects.delete(subject);
      else this.#subjects.set(subject, { kind, key, generation: object.metadata.generation, status: object['status'] });
      if (kind === 'EnforcementPoint' && object === undefined) this.#points.delete(key);
      this.#dirty.add(subject);
    }
  }

  /** The rules of these points were compiled anew. */
  rules(points: Iterable<string>): void {
    for (const point of points) {
      const desired = this.#deps.desired(point);
      if (desired === undefined) continue;
      const view = this.#view(point);
      const before = view.stakes;
      view.stakes = stakesIn(desired);
      view.digest = rulesDigest(desired.rules);
      this.#agree(view);
      for (const subject of [...before.keys(), ...view.stakes.keys()]) {
        if (before.get(subject)?.digest !== view.stakes.get(subject)?.digest) this.#dirty.add(subject);
      }
    }
    const problematic = new Set(this.#deps.problems().map(({ subject }) => subject));
    for (const subject of [...this.#problematic, ...problematic]) this.#dirty.add(subject);
    this.#problematic = problematic;
  }

  /** A worker has dealt with a point. */
  outcome(outcome: PointOutcome): void {
    const view = this.#view(outcome.point);
    view.outcome = outcome;
    this.#agree(view);
    this.#dirty.add(`EnforcementPoint/${outcome.point}`);
    for (const subject of view.stakes.keys()) this.#dirty.add(subject);
  }

  /**
   * Writes at most `most` statuses that differ from what is there; what could not be written stays due.
   *
   * @returns how many were written, and what went wrong
   */
  async flush(most: number): Promise<{ readonly written: number; readonly failures: readonly unknown[] }> {
    const failures: unknown[] = [];
    const problems = bySubject(this.#deps.problems());
    let written = 0;
    for (const name of [...this.#dirty]) {
      if (written + failures.length >= most) break;
      this.#dirty.delete(name);
      const subject = this.#subjects.get(name);
      if (subject === undefined) continue;
      const status = this.#compute(name, subject, problems.get(name) ?? []);
      if (canonical(status) === canonical(subject.status)) continue;
      try {
        await this.#deps.write(subject.kind, subject.key, status);
        subject.status = status;
        written += 1;
      } catch (error) {
        failures.push(error);
        this.#dirty.add(name);
      }
    }
    return { written, failures };
  }

  #view(point: string): PointView {
    const known = this.#points.get(point);
    if (known !== undefined) return known;
    const view: PointView = { stakes: new Map(), digest: '', outcome: undefined, programmed: new Map() };
    this.#points.set(point, view);
    return view;
  }

  /** If what was read back is what is wanted now, every stake is programmed as it is. */
  #agree(view: PointView): void {
    if (view.outcome?.programmedRules !== view.digest) return;
    view.programmed.clear();
    for (const [subject, { digest }] of view.stakes) view.programmed.set(subject, digest);
  }

  #compute(
    name: string,
    { kind, key, generation, status }: Subject,
    problems: readonly Problem[],
  ): PolicyStatus | PointStatus {
    const now = this.#deps.now();
    if (kind === 'EnforcementPoint') {
      const before = readable(pointStatusSchema, status);
      return pointStatus({ generation, problems, outcome: this.#points.get(key)?.outcome, before, now });
    }
    const shares: Share[] = [...this.#points].flatMap(([point, view]) => {
      const stake = view.stakes.get(name);
      if (stake === undefined) return [];
      const programmed = view.programmed.get(name) === stake.digest;
      return [{ point, ...stake, programmed, outcome: view.outcome }];
    });
    const mayBeUnused = kind === 'ExternalService';
    return policyStatus({
      generation,
      problems,
      shares,
      mayBeUnused,
      before: readable(policyStatusSchema, status),
      now,
    });
  }
}

/** What another version wrote, or nobody, counts as no status. */
function readable<T>(schema: z.ZodType<T>, status: unknown): T | undefined {
  const parsed = schema.safeParse(status);
  return parsed.success ? parsed.data : undefined;
}

function bySubject(problems: readonly Problem[]): ReadonlyMap<string, readonly Problem[]> {
  const map = new Map<string, Problem[]>();
  for (const problem of problems) {
    const list = map.get(problem.subject);
    if (list === undefined) map.set(problem.subject, [problem]);
    else list.push(problem);
  }
  return map;
}
