import type { Labels, Pod } from '../model/snapshot.ts';
import { LabelIndex } from './label-index.ts';
import { NamespaceIndex, type NamespaceEntry, type NamespaceScope } from './namespace-index.ts';
import { anchorsOfPod, anchorsOfSubject, SelectionsOfScope, type Selection } from './selections-of-scope.ts';
import { asksNothingOfPods, podMatches, type Subject } from './subject.ts';

/** A pod that came into a selection, or left it. */
export interface MembershipChange<S extends Selection> {
  readonly selection: S;
  readonly pod: Pod;
  readonly joined: boolean;
}

const noMoves: readonly never[] = [];

/** So many pods are compared and taken into a group in a few milliseconds. */
const podsPerLot = 8_000;

/**
 * Which pods each subject selects, by increments: a pod costs the subjects it may meet, a namespace its own pods,
 * a subject the pods it may select. Pods are compared by identity: a changed pod is deleted and added.
 */
export class SelectorIndex<S extends Selection> {
  readonly #scopes = new NamespaceIndex();
  readonly #subjects = new Map<NamespaceScope, SelectionsOfScope<S>>();
  /** Pods by what they hold, for the label keys that a subject of many namespaces has asked for. */
  readonly #podsByAnchor = new LabelIndex<Pod>();
  readonly #indexed = new Set<string>();
  readonly #manyPods: number;
  readonly #fewSelections: number;

  /**
   * @param manyPods where there are more, the pods of a subject may be found by an index, which then has to be kept; up to so many are
   *   compared one by one
   * @param fewSelections up to so many selections of one scope are compared with a pod one by one
   */
  constructor(manyPods = 256, fewSelections = 8) {
    this.#manyPods = manyPods;
    this.#fewSelections = fewSelections;
  }

  /** The selections that the pod joined. */
  addPod(pod: Pod): readonly S[] {
    const domain = this.#scopes.domain(pod.namespace);
    domain.pods.set(pod);
    this.#podsByAnchor.add(this.#indexedOf(pod), pod);
    return this.#matching(domain.scopes.list(), pod);
  }

  /** The selections that the pod left. */
  deletePod(pod: Pod): readonly S[] {
    const domain = this.#scopes.domain(pod.namespace);
    const left = this.#matching(domain.scopes.list(), pod);
    this.#podsByAnchor.delete(this.#indexedOf(pod), pod);
    domain.pods.delete(pod.name);
    this.#scopes.forgetIfIdle(domain);
    return left;
  }

  /** Those that a pod which was added is in: found again each time, as a list for every pod would take much room. */
  selectionsOf(pod: Pod): readonly S[] {
    return this.#matching(this.#scopes.domain(pod.namespace).scopes.list(), pod);
  }

  podNamed(namespace: string, name: string): Pod | undefined {
    return this.#scopes.find(namespace)?.pods.get(name);
  }

  podsIn(namespace: string): readonly Pod[] {
    return this.#scopes.find(namespace)?.pods.list() ?? [];
  }

  pods(): Iterable<Pod> {
    return podsOfAll(this.#scopes.domains());
  }

  /** Describes a namespace, undefined when it is gone, and says which pods moved for it. */
  setNamespace(name: string, labels: Labels | undefined): readonly MembershipChange<S>[] {
    const { before, after } = this.#scopes.describe(name, labels);
    if (before.size + after.scopes.size === 0) return noMoves;
    const entered = [...after.scopes].filter((scope) => !before.has(scope));
    const left = new Set([...before].filter((scope) => !after.scopes.has(scope)));
    if (entered.length === 0 && left.size === 0) return [];
    return [...after.pods].flatMap((pod) => this.#move(pod, left, entered));
  }

  /** Where a subject is looked for: what follows it bears this, and is added. */
  scopeOf(subject: Subject): NamespaceScope {
    return this.#scopes.acquire(subject);
  }

  /** Starts to follow a subject. */
  add(selection: S): void {
    const ofScope = this.#subjects.get(selection.scope) ?? new SelectionsOfScope(this.#fewSelections);
    this.#subjects.set(selection.scope, ofScope);
    ofScope.add(selection);
  }

  /** The pods that a subject is about. */
  podsOf(selection: Selection): readonly Pod[] {
    const { subject, scope } = selection;
    return this.mayHaveMany(selection) ? [...this.lotsOf(selection)].flat() : matchingPods(subject, podsOf(scope));
  }

  /** Are there so many pods in the namespaces of the subject that its own are found in lots? */
  mayHaveMany({ scope }: Selection): boolean {
    let size = 0;
    for (const domain of scope.domains.list()) {
      size += domain.pods.size;
      if (size > this.#manyPods) return true;
    }
    return false;
  }

  /** The same in lots, each found in a few milliseconds; some lots may be empty. */
  *lotsOf({ subject, scope }: Selection): Iterable<readonly Pod[]> {
    const byAnchor = yield* this.#candidatesByAnchor(subject, scope);
    const candidates = byAnchor ? [...byAnchor] : podsOf(scope);
    const isInside = (pod: Pod): boolean => scope.domains.has(this.#scopes.domain(pod.namespace));
    for (let from = 0; from < candidates.length; from += podsPerLot) {
      const lot = matchingPods(subject, candidates.slice(from, from + podsPerLot));
      yield byAnchor ? lot.filter(isInside) : lot;
    }
  }

  /** Forgets a subject. */
  release(selection: S): void {
    const ofScope = this.#subjects.get(selection.scope);
    if (!ofScope) return;
    ofScope.delete(selection);
    if (ofScope.size > 0) return;
    this.#subjects.delete(selection.scope);
    this.#scopes.drop(selection.scope);
  }

  #matching(scopes: Iterable<NamespaceScope>, pod: Pod): S[] {
    const matching: S[] = [];
    for (const scope of scopes) {
      for (const selection of this.#subjects.get(scope)?.candidates(pod) ?? []) {
        if (podMatches(selection.subject, pod)) matching.push(selection);
      }
    }
    return matching;
  }

  #move(pod: Pod, left: ReadonlySet<NamespaceScope>, entered: readonly NamespaceScope[]): MembershipChange<S>[] {
    const gone = this.#matching(left, pod);
    const joined = this.#matching(entered, pod);
    return [
      ...gone.map((selection) => ({ selection, pod, joined: false })),
      ...joined.map((selection) => ({ selection, pod, joined: true })),
    ];
  }

  /** Pods that hold an anchor of the subject, of any namespace; undefined: those of its namespaces are fewer. Yields empty lots. */
  *#candidatesByAnchor(subject: Subject, scope: NamespaceScope): Generator<readonly Pod[], Iterable<Pod> | undefined> {
    const anchors = anchorsOfSubject(subject);
    if (!anchors) return undefined;
    yield* this.#index(anchors);
    const limit = this.#podsByAnchor.count(anchors);
    let size = 0;
    for (const domain of scope.domains) {
      size += domain.pods.size;
      if (size > limit) return this.#podsByAnchor.any(anchors);
    }
    return undefined;
  }

  /** From now on pods can be found by these; all anchors of a subject are of one key. */
  *#index([anchor = '']: readonly string[]): Iterable<readonly Pod[]> {
    const key = keyOfAnchor(anchor);
    if (this.#indexed.has(key)) return;
    this.#indexed.add(key);
    let looks = 0;
    for (const pod of this.pods()) {
      if ((looks += 1) % podsPerLot === 0) yield [];
      const held = anchorsOfPod(pod).filter((one) => keyOfAnchor(one) === key);
      this.#podsByAnchor.add(held, pod);
    }
  }

  /** What the pod holds of that by which pods can be found. */
  #indexedOf(pod: Pod): readonly string[] {
    if (this.#indexed.size === 0) return [];
    return anchorsOfPod(pod).filter((anchor) => this.#indexed.has(keyOfAnchor(anchor)));
  }
}

/** Of pods in the namespaces of a subject, those that it is about. */
function matchingPods(subject: Subject, pods: readonly Pod[]): readonly Pod[] {
  return asksNothingOfPods(subject) ? pods : pods.filter((pod) => podMatches(subject, pod));
}

function podsOf({ domains }: NamespaceScope): readonly Pod[] {
  const [first] = domains.list();
  if (first && domains.size === 1) return first.pods.list();
  const pods: Pod[] = [];
  for (const domain of domains.list()) for (const pod of domain.pods.list()) pods.push(pod);
  return pods;
}

function* podsOfAll(domains: Iterable<NamespaceEntry>): Iterable<Pod> {
  for (const domain of domains) yield* domain.pods;
}

/** The key of the label, or what stands for all accounts. */
function keyOfAnchor(anchor: string): string {
  return anchor.startsWith('@') ? '@' : anchor.slice(0, anchor.indexOf('='));
}
