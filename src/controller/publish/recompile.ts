import { inSlices } from '../../adapter/in-slices.ts';
import type { Problem } from '../../api/problem.ts';
import { partsOfKey } from '../../core/compile/changes.ts';
import { Compiler } from '../../core/compile/compiler.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import type { Unreadable } from '../../kube/informer/informer.ts';
import { messageOf } from '../../log/scrub.ts';
import { KnownObjects } from './known-objects.ts';
import { consequenceOf } from '../statuses/object-problems.ts';

/** An object that makes the compiler fail, which is a fault of Postern. */
export interface LeftOut {
  readonly change: ObjectChange;
  readonly inForce: Unreadable['inForce'];
  readonly problem: Problem;
  /** It was not tried, because another policy of its namespace failed. */
  readonly waits: boolean;
}

export interface Recompiled {
  readonly compiler: Compiler;
  /** The objects that the compiler was given. */
  readonly known: KnownObjects;
  /** Addresses released by pods that ended in this round. */
  readonly ended: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Compiles everything again after a failed round: gives a new compiler the objects known before, then those of the round, and leaves
 * out, one by one, the objects that make it fail. It finds one by halving, in a logarithmic number of compilations.
 *
 * @param now RFC 3339
 * @param mayBeInForce may a device still have the rules of an object that the new compiler does not know?
 * @throws what the compiler throws without any object
 */
export async function recompile(
  before: KnownObjects,
  changes: readonly ObjectChange[],
  now: string,
  mayBeInForce: (change: ObjectChange) => boolean,
): Promise<Recompiled> {
  const attempt = new Attempt(now, mayBeInForce);
  await attempt.begin();
  await attempt.admit(before.changes());
  attempt.ended.clear();
  attempt.spares = true;
  await attempt.admit(changes);
  const { compiler, known, ended, leftOut } = attempt;
  return { compiler, known, ended: [...ended].sort(), leftOut };
}

class Attempt {
  /** Is a policy not tried when another of its namespace has failed? What was in force before always is. */
  spares = false;
  readonly known = new KnownObjects();
  readonly ended = new Set<string>();
  readonly leftOut: LeftOut[] = [];
  compiler = new Compiler();
  readonly #now: string;
  readonly #mayBeInForce: (change: ObjectChange) => boolean;

  constructor(now: string, mayBeInForce: (change: ObjectChange) => boolean) {
    this.#now = now;
    this.#mayBeInForce = mayBeInForce;
  }

  /** What has been admitted so far, and nothing of what failed. */
  async begin(): Promise<void> {
    this.compiler = new Compiler();
    await inSlices(this.compiler.applying(this.known.changes(), this.#now));
  }

  async admit(all: readonly ObjectChange[]): Promise<void> {
    const changes = this.spares ? all.flatMap((change) => this.#spared(change)) : all;
    const [first] = changes;
    if (first === undefined) return;
    try {
      const { ended } = await inSlices(this.compiler.applying(changes, this.#now));
      for (const address of ended) this.ended.add(address);
      this.known.take(changes);
    } catch (error) {
      await this.begin();
      if (changes.length === 1) return this.#leaveOut(first, error);
      const half = changes.length >> 1;
      await this.admit(changes.slice(0, half));
      await this.admit(changes.slice(half));
    }
  }

  async #leaveOut(change: ObjectChange, error: unknown): Promise<void> {
    const { kind, key, object } = change;
    const isKnown = this.known.has(change);
    if (object === undefined) {
      // Gone is gone: a compiler that never heard of it need not take it out.
      this.known.take([change]);
      return this.begin();
    }
    const stays = isKnown && kind !== 'Pod';
    this.leftOut.push(leftOutOf(change, stays ? 'earlier form' : this.#inForceOf(change), error));
    if (kind === 'Pod') await this.admit([{ kind, key, object: undefined }]);
    if (kind === 'EgressPolicy' && !isKnown) await this.admit([unreadable(change)]);
  }

  #spared(change: ObjectChange): readonly ObjectChange[] {
    const namespace = namespaceOfPolicy(change);
    if (namespace === undefined || change.object === undefined) return [change];
    if (!this.leftOut.some((one) => namespaceOfPolicy(one.change) === namespace)) return [change];
    const isKnown = this.known.has(change);
    this.leftOut.push(deferred(change, isKnown));
    return isKnown ? [] : [unreadable(change)];
  }

  /** Of an object of which nothing was known: a pod is treated as gone, and where a policy may deny nothing is permitted. */
  #inForceOf(change: ObjectChange): Unreadable['inForce'] {
    if (change.kind === 'Pod') return 'nothing';
    return change.kind === 'EgressPolicy' || this.#mayBeInForce(change) ? 'unknown' : 'nothing';
  }
}

/** Undefined for everything but a policy of a namespace. */
export function namespaceOfPolicy({ kind, key }: ObjectChange): string | undefined {
  return kind === 'EgressPolicy' ? partsOfKey(key).namespace : undefined;
}

/** What the compiler is told of a policy that it cannot be given. */
export function unreadable({ key }: ObjectChange): ObjectChange {
  return { kind: 'EgressPolicy', key, object: undefined, unreadable: true };
}

/** A policy that is not tried, because another of its namespace made the compiler fail. @param isKnown to the compiler */
export function deferred(change: ObjectChange, isKnown: boolean): LeftOut {
  const why = 'it waits, at most a minute at a time, because policies of its namespace make the compiler fail';
  const inForce = isKnown ? 'earlier form' : 'unknown';
  return { ...leftOut(change, inForce, `${why}, which is a fault of Postern: report it; until then`), waits: true };
}

function leftOutOf(change: ObjectChange, inForce: Unreadable['inForce'], error: unknown): LeftOut {
  const why = `it makes the compiler fail (${messageOf(error)}), which is a fault of Postern: report it`;
  return leftOut(change, inForce, `${why}; until the object is changed`);
}

function leftOut(change: ObjectChange, inForce: Unreadable['inForce'], why: string): LeftOut {
  const subject = `${change.kind}/${change.key}`;
  const message = `${why}, ${consequenceOf(subject, inForce)}`;
  const problem = { severity: 'error', subject, field: '', code: 'not-compiled', message } as const;
  return { change, inForce, problem, waits: false };
}
