import type { Clock } from '../../adapter/adapter.ts';
import { yieldToEventLoop } from '../../adapter/in-slices.ts';
import { leftBehindAnnotation } from '../../api/meta.ts';
import { isKind, type Kind } from '../../api/kinds.ts';
import { canonical } from '../../core/model/json.ts';
import type { PointOutcome } from '../../core/model/outcome.ts';
import type { Problem } from '../../api/problem.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import type { Judgement, LateWork } from '../../core/status/conditions.ts';
import { References } from '../../core/status/references.ts';
import { RuleDigests } from '../../core/status/object-rules.ts';
import { driftOccurrence, transitions, type Occurrence } from '../../core/status/transitions.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { ApprovedPolicies } from './approved-policies.ts';
import { PointEnforcement } from './point-enforcement.ts';
import { DueSubjects } from './due-subjects.ts';
import { ObjectProblems } from './object-problems.ts';
import { ShortInterruptions } from './short-interruptions.ts';
import { ReviewReminders } from './review-reminders.ts';
import type { Unreadable } from '../../kube/informer/informer.ts';
import type { Compiled } from '../../core/compile/compiler.ts';
import type { Publisher } from '../publish/publisher.ts';
import { statusOf, type StatusSubject, type Subject } from './status-of.ts';
import { consistentBefore, storedConditions, type Status } from './stored-status.ts';

export interface StatusesDeps {
  readonly publisher: Pick<Publisher, 'read'>;
  readonly metrics?: Pick<Metrics, 'overGrants'> | undefined;
  /** Rejects when it could not. */
  readonly write: (subject: StatusSubject, status: Status) => Promise<void>;
  /** Something happened to an object. */
  readonly event: (subject: StatusSubject, occurrence: Occurrence) => void;
  /** Work for a point that has waited too long; absent: nobody looks. */
  readonly late?: (point: string) => LateWork | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
}

/** Numbers that change with every pod are looked at this often. */
const sweepEveryMs = 60_000;
/** A flush looks at so many objects for each that it may write, and at so many before others get their turn. */
const looksPerWrite = 20;
const atOnce = 50;
/** Written side by side. */
const abreast = 8;

/**
 * Keeps the status of every object of ours: marks what a change may have touched, and writes, a few at a time, what
 * really differs. What was read with an object counts as written, so that a restart writes nothing.
 */
export class Statuses {
  readonly #deps: StatusesDeps;
  readonly #subjects = new Map<string, Subject>();
  readonly #points = new Map<string, PointEnforcement>();
  readonly #references = new References();
  readonly #digests = new RuleDigests();
  readonly #consistent = new Map<string, Judgement>();
  readonly #late = new Map<string, LateWork>();
  /** Points whose rules have to be looked at again. */
  readonly #recompiled = new Set<string>();
  readonly #short = new ShortInterruptions();
  readonly #due = new DueSubjects();
  readonly #problems = new ObjectProblems();
  readonly #approved = new ApprovedPolicies();
  readonly #reviews = new ReviewReminders();
  #sweptAt = -Infinity;

  constructor(deps: StatusesDeps) {
    this.#deps = deps;
  }

  /** Objects that came, changed or went; those that are not ours do not matter here. */
  changes(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      if (!isOurs(change)) continue;
      this.#reviews.take(change);
      const { kind, key, object } = change;
      const subject = `${kind}/${key}`;
      this.#due.touch([subject, ...this.#approved.take(change).map((approval) => `EgressApproval/${approval}`)]);
      if (object === undefined && change.unreadable !== true) this.#subjects.delete(subject);
      if (object !== undefined) {
        const { uid, generation } = object.metadata;
        const acknowledged = object.metadata.annotations[leftBehindAnnotation];
        this.#subjects.set(subject, { kind, key, uid, generation, acknowledged, status: object['status'] });
      }
      if (kind === 'EgressPolicy' || kind === 'ClusterEgressPolicy') {
        const services = this.#references.set(subject, change.object);
        this.#due.touch(services.map((service) => `ExternalService/${service}`));
      }
      if (kind !== 'EnforcementPoint') continue;
      if (object === undefined) this.#drop(key);
      else this.#due.touch(this.#view(key).modeIs(object.spec.mode));
    }
  }

  /** What is stored of an object cannot be read, and why; no problems: it can. */
  unreadable(kind: Kind, key: string, problems: readonly Problem[], found?: Unreadable): void {
    const subject = `${kind}/${key}`;
    this.#problems.unreadable(subject, problems, found?.inForce);
    if (found !== undefined && problems.length > 0 && found.inForce !== 'earlier form') {
      const { uid, generation, status } = found;
      this.#subjects.set(subject, { kind, key, uid, generation, acknowledged: undefined, status });
    }
    this.#due.touch([subject]);
  }

  /** The rules of these points were compiled again. */
  rules(points: Iterable<string>): void {
    for (const point of points) this.#recompiled.add(point);
  }

  /** Every layer was compared with the others: what that says of a point. */
  consistent(point: string, judgement: Judgement): void {
    this.#consistent.set(point, judgement);
    this.#due.touch([`EnforcementPoint/${point}`]);
  }

  /** A worker has dealt with a point. */
  outcome(outcome: PointOutcome): void {
    const view = this.#view(outcome.point);
    if (!this.#short.defer(outcome, view.outcome, this.#deps.clock.elapsed())) this.#take(outcome);
  }

  #take(outcome: PointOutcome): void {
    const { point } = outcome;
    const view = this.#view(point);
    const before = view.outcome;
    this.#due.touch(view.outcomeIs(outcome));
    this.#due.touch([`EnforcementPoint/${point}`]);
    const { drift } = outcome;
    const subject = this.#subjects.get(`EnforcementPoint/${point}`);
    // Of what drifted before this process began, another has made an event.
    if (before === undefined || subject === undefined || drift === undefined || drift.at === before.drift?.at) return;
    this.#deps.event(subject, driftOccurrence(drift));
  }

  /**
   * Writes at most `most` statuses that differ from what is there; what could not be written stays due.
   *
   * @returns how many were written, and what went wrong
   */
  async flush(most: number): Promise<{ readonly written: number; readonly failures: readonly unknown[] }> {
    await this.#catchUp();
    const failures: unknown[] = [];
    const failed: string[] = [];
    let written = 0;
    for (let looks = 0; looks < most * looksPerWrite && written + failed.length < most; looks += atOnce) {
      const few = Math.min(abreast, most - written - failed.length);
      const due = await this.#deps.publisher.read((compiled) => this.#next(few, compiled));
      if (due === undefined) break;
      await Promise.all(
        due.map(async ([name, subject, status]) => {
          try {
            await this.#write(subject, status);
            written += 1;
          } catch (error) {
            failures.push(error);
            failed.push(name);
          }
        }),
      );
      await yieldToEventLoop();
    }
    this.#due.touch(failed);
    return { written, failures };
  }

  async #write(subject: Subject, status: Status): Promise<void> {
    const before = storedConditions(subject.status);
    await this.#deps.write(subject, status);
    subject.status = status;
    for (const occurrence of transitions(before, status.conditions ?? [])) this.#deps.event(subject, occurrence);
  }

  /** Takes in what has been compiled since, and now and then looks at everything. */
  async #catchUp(): Promise<void> {
    const { publisher, metrics } = this.#deps;
    for (const point of this.#recompiled) {
      this.#recompiled.delete(point);
      const desired = await publisher.read((compiled) => compiled.desired(point));
      if (desired !== undefined) this.#due.touch(this.#view(point).desiredIs(desired));
      await yieldToEventLoop();
    }
    this.#noteLate();
    for (const outcome of this.#short.over(this.#deps.clock.elapsed())) this.#take(outcome);
    this.#due.touch(this.#problems.found(await publisher.read((compiled) => compiled.problems())));
    const { clock } = this.#deps;
    if (clock.elapsed() - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = clock.elapsed();
    for (const [point, view] of this.#points) {
      const overGrants = await publisher.read((compiled) => compiled.overGrants(point));
      metrics?.overGrants(point, overGrants.length);
      this.#due.touch(view.overGrantsAre(overGrants));
    }
    this.#due.lookInTurnAt(this.#subjects.keys());
    for (const [name, reminder] of this.#reviews.due(clock.now())) {
      const subject = this.#subjects.get(name);
      if (subject) this.#deps.event(subject, reminder);
    }
  }

  /** The next few to be written: of what happened first, then of what is looked at in turn. Undefined: nothing is left. */
  #next(most: number, compiled: Compiled): readonly (readonly [string, Subject, Status])[] | undefined {
    const due: (readonly [string, Subject, Status])[] = [];
    let looks = 0;
    for (const name of this.#due.taken()) {
      looks += 1;
      const subject = this.#subjects.get(name);
      const status = subject && this.#compute(name, subject, compiled);
      if (status && canonical(status) !== canonical(subject.status)) due.push([name, subject, status]);
      if (due.length >= most || looks >= atOnce) break;
    }
    return looks === 0 ? undefined : due;
  }

  #compute(name: string, subject: Subject, compiled: Compiled): Status {
    const status = statusOf(subject, {
      compiled,
      points: this.#points,
      references: this.#references,
      approved: this.#approved,
      consistent: this.#consistent,
      late: this.#late,
      problems: this.#problems.of(name),
      now: new Date(this.#deps.clock.now()).toISOString(),
    });
    // What is taken back is not said again before the layers have been compared again.
    const judgement = subject.kind === 'EnforcementPoint' ? consistentBefore(status) : undefined;
    if (judgement !== undefined) this.#consistent.set(subject.key, judgement);
    return status;
  }

  /** Points whose work has become late, or was dealt with after all, and all that should be in force there. */
  #noteLate(): void {
    for (const [point, view] of this.#points) {
      const late = this.#deps.late?.(point);
      if (late?.reason === this.#late.get(point)?.reason) continue;
      if (late === undefined) this.#late.delete(point);
      else this.#late.set(point, late);
      this.#due.touch([`EnforcementPoint/${point}`]);
      this.#due.touch(view.subjects());
    }
  }

  #view(point: string): PointEnforcement {
    const view = this.#points.get(point) ?? new PointEnforcement(this.#digests);
    this.#points.set(point, view);
    return view;
  }

  #drop(point: string): void {
    this.#due.touch(this.#points.get(point)?.subjects() ?? []);
    this.#points.delete(point);
    this.#consistent.delete(point);
    this.#short.forget(point);
    this.#late.delete(point);
  }
}

function isOurs(change: ObjectChange): change is Extract<ObjectChange, { kind: Kind }> {
  return isKind(change.kind);
}
