import { inSlices } from '../../adapter/in-slices.ts';
import { isKind } from '../../api/kinds.ts';
import { compareProblems } from '../../api/problem.ts';
import { latest, sameMeaning } from '../../core/compile/changes.ts';
import { Compiler, type Compiled, type CompileDelta } from '../../core/compile/compiler.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import { messageOf } from '../../log/scrub.ts';
import { recompile, namespaceOfPolicy, deferred, unreadable, type LeftOut } from './recompile.ts';
import { KnownObjects } from './known-objects.ts';
import { NamespaceBackoff } from './namespace-backoff.ts';

/** What a round came to. */
export interface Round extends CompileDelta {
  /** Of its changes, those that were taken in. */
  readonly taken: readonly ObjectChange[];
}

export interface RoundTime {
  /** RFC 3339. */
  readonly now: string;
  /** Has nothing been published yet, so that devices may have what an earlier process made of an object? */
  readonly atStart: boolean;
}

/**
 * Compiles a round of changes in slices of time, so that other work gets its turn. No reader sees a half-
 * compiled state: readers wait until the round is over. Rounds must not overlap. After a round that
 * fails, it compiles everything again, without the objects that make the compiler fail.
 */
export class Rounds {
  readonly #report: (message: string) => void;
  #compiler = new Compiler();
  #known = new KnownObjects();
  #leftOut = new Map<string, LeftOut>();
  readonly #backoff = new NamespaceBackoff();
  #round: Promise<unknown> | undefined;
  /** The last round failed, so the state of the compiler cannot be used. */
  #failed = false;

  /** @param report is told of what is a fault of Postern, once each time */
  constructor(report: (message: string) => void) {
    this.#report = report;
  }

  /** Is a round in progress, so that nothing can be read? */
  get isRunning(): boolean {
    return this.#round !== undefined;
  }

  /** Objects without which everything else was compiled. */
  get leftOut(): readonly LeftOut[] {
    return [...this.#leftOut.values()];
  }

  /** @param taken is called with the result of the round before any reader sees it */
  async compile<T>(changes: readonly ObjectChange[], time: RoundTime, taken: (round: Round) => T): Promise<T> {
    // Of each the last: one that is gone and back as it was is still there.
    const news = this.#leftOut.size === 0 ? changes : latest(changes).filter((change) => !this.#isLeftOut(change));
    const compiled = this.#compiledInTime(news, time);
    const over = (): void => void (this.#round = undefined);
    this.#round = compiled.then(over, over);
    return taken(await compiled);
  }

  /** Reads what has been compiled, as soon as no round is in progress. */
  async read<T>(answer: (compiled: Compiled) => T): Promise<T> {
    while (this.#round !== undefined) await this.#round;
    if (this.#failed) throw new Error('nothing is compiled: the last round of changes failed');
    return answer(this.#leftOut.size === 0 ? this.#compiler : withProblems(this.#compiler, this.leftOut));
  }

  /** Known at any time. @param now milliseconds since the epoch @returns RFC 3339 */
  nextDeadline(now: number): string | undefined {
    const waiting = this.leftOut.filter(({ waits }) => waits);
    const trials = waiting.map(({ change }) =>
      new Date(this.#backoff.retryAt(namespaceOfPolicy(change), now)).toISOString(),
    );
    const deadlines = [this.#compiler.nextDeadline(), ...trials].filter((deadline) => deadline !== undefined);
    return deadlines.sort((a, b) => Date.parse(a) - Date.parse(b))[0];
  }

  /**
   * Where a policy made the compiler fail, others of its namespace wait until they may be tried. Those that are deleted do
   * not, nor does anything else.
   */
  async #compiledInTime(changes: readonly ObjectChange[], time: RoundTime): Promise<Round> {
    const now = Date.parse(time.now);
    if (this.#leftOut.size === 0 && !this.#backoff.anyWaiting(now)) return this.#compiled(changes, time);
    const waits = (change: ObjectChange): boolean => this.#backoff.retryAt(namespaceOfPolicy(change), now) > now;
    const news = latest(changes);
    const isDeferred = (change: ObjectChange): boolean => change.object !== undefined && waits(change);
    const waiting = news.filter(isDeferred).map((change) => deferred(change, this.#known.has(change)));
    const due = this.leftOut.filter((one) => one.waits && !waits(one.change)).map(({ change }) => change);
    const unknown = waiting.filter(({ inForce }) => inForce === 'unknown').map(({ change }) => unreadable(change));
    const rest = news.filter((change) => !isDeferred(change));
    const round = await this.#compiled([...latest([...due, ...rest]), ...unknown], time);
    for (const one of waiting) {
      // Who has waited longest is tried first: one that fails and is edited again and again keeps nobody else out.
      this.#leftOut.delete(idOf(one.change));
      this.#leftOut.set(idOf(one.change), one);
    }
    return round;
  }

  async #compiled(changes: readonly ObjectChange[], time: RoundTime): Promise<Round> {
    try {
      if (this.#failed) throw new Error('the last round of changes failed');
      const delta = await inSlices(this.#compiler.applying(changes, time.now));
      this.#known.take(changes);
      if (this.#leftOut.size > 0) for (const change of changes) this.#leftOut.delete(idOf(change));
      return { ...delta, taken: changes };
    } catch (error) {
      this.#failed = true;
      this.#report(`the compiler failed and starts again from all known objects: ${messageOf(error)}`);
      return this.#recompiled(changes, time);
    }
  }

  async #recompiled(changes: readonly ObjectChange[], { now, atStart }: RoundTime): Promise<Round> {
    const before = this.#known.keysOf('EnforcementPoint');
    const mayBeInForce = (change: ObjectChange): boolean =>
      atStart || this.#known.has(change) || this.#leftOut.get(idOf(change))?.inForce === 'unknown';
    const { compiler, known, ended, leftOut } = await recompile(this.#known, changes, now, mayBeInForce);
    [this.#compiler, this.#known, this.#failed] = [compiler, known, false];
    for (const change of changes) this.#leftOut.delete(idOf(change));
    for (const one of leftOut) this.#leftOut.set(idOf(one.change), one);
    for (const { problem } of leftOut) this.#report(`${problem.subject}: ${problem.message}`);
    const failed = new Set(leftOut.filter(({ waits }) => !waits).map(({ change }) => namespaceOfPolicy(change)));
    for (const namespace of failed) this.#backoff.failed(namespace, Date.parse(now));
    const after = new Set(known.keysOf('EnforcementPoint'));
    const points = [...new Set([...before, ...after])].sort();
    const refused = new Set(leftOut.map(({ change }) => change));
    return {
      points: new Map(points.map((name) => [name, { gone: !after.has(name), rulesChanged: true, groups: [] }])),
      ended,
      taken: changes.filter((change) => !refused.has(change)),
    };
  }

  /** Of what was left out already, nothing is new when its status is written. */
  #isLeftOut(change: ObjectChange): boolean {
    const known = this.#leftOut.get(idOf(change))?.change.object;
    const { kind, object } = change;
    return known !== undefined && isKind(kind) && sameMeaning(known as Meant, object as Meant | undefined);
  }
}

type Meant = Parameters<typeof sameMeaning>[0];

function idOf({ kind, key }: ObjectChange): string {
  return `${kind}/${key}`;
}

function withProblems(compiler: Compiler, leftOut: readonly LeftOut[]): Compiled {
  return {
    desired: (point) => compiler.desired(point),
    overGrants: (point) => compiler.overGrants(point),
    supersededBy: (approval) => compiler.supersededBy(approval),
    endedAmong: (held) => compiler.endedAmong(held),
    problems: () => [...compiler.problems(), ...leftOut.map(({ problem }) => problem)].sort(compareProblems),
  };
}
