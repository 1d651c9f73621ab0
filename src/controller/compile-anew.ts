import { inSlices } from '../adapter/in-slices.ts';
import type { Problem } from '../api/problem.ts';
import { Compiler } from '../core/compile/compiler.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import type { Unreadable } from '../kube/informer/informer.ts';
import { messageOf } from '../log/scrub.ts';
import { KnownObjects } from './known-objects.ts';
import { consequenceOf } from './statuses/object-problems.ts';

/** An object that makes the compiler fail, which is a fault of Postern. */
export interface LeftOut {
  readonly change: ObjectChange;
  readonly inForce: Unreadable['inForce'];
  readonly problem: Problem;
}

export interface Anew {
  readonly compiler: Compiler;
  /** What it was told. */
  readonly known: KnownObjects;
  /** Addresses that pods released which ended with these changes. */
  readonly ended: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Begins anew after a round that failed: tells a new compiler what was known before, then what the round brought, and leaves
 * out, one by one, the objects of which it fails. To find one takes as many compilations as halving all of them takes steps.
 *
 * @param now RFC 3339
 * @param mayBeInForce may devices have what was made of an object before, though the new compiler does not know it?
 * @throws what the compiler throws of nothing at all
 */
export async function compileAnew(
  before: KnownObjects,
  changes: readonly ObjectChange[],
  now: string,
  mayBeInForce: (change: ObjectChange) => boolean,
): Promise<Anew> {
  const attempt = new Attempt(now, mayBeInForce);
  await attempt.begin();
  await attempt.admit(before.changes());
  attempt.ended.clear();
  await attempt.admit(changes);
  const { compiler, known, ended, leftOut } = attempt;
  return { compiler, known, ended: [...ended].sort(), leftOut };
}

class Attempt {
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

  async admit(changes: readonly ObjectChange[]): Promise<void> {
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
    if (kind === 'EgressPolicy' && !isKnown) await this.admit([{ kind, key, object: undefined, unreadable: true }]);
  }

  /** Of an object of which nothing was known: a pod is taken for gone, and where a policy may deny nothing is permitted. */
  #inForceOf(change: ObjectChange): Unreadable['inForce'] {
    if (change.kind === 'Pod') return 'nothing';
    return change.kind === 'EgressPolicy' || this.#mayBeInForce(change) ? 'unknown' : 'nothing';
  }
}

function leftOutOf(change: ObjectChange, inForce: Unreadable['inForce'], error: unknown): LeftOut {
  const { kind, key } = change;
  const subject = `${kind}/${key}`;
  const consequence = consequenceOf(subject, inForce);
  const message = `it makes the compiler fail (${messageOf(error)}), which is a fault of Postern: report it; until the object is changed, ${consequence}`;
  return { change, inForce, problem: { severity: 'error', subject, field: '', code: 'not-compiled', message } };
}
