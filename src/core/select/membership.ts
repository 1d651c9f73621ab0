import type { Labels, Pod } from '../model/snapshot.ts';
import { AnchorIndex } from './anchors.ts';
import { anchorsOf } from './requirements.ts';
import { anchorsOfLabels, Scopes, type Domain, type Scope } from './scopes.ts';
import { podMatches, type Subject } from './subject.ts';

/** A subject and the pods it is about, kept current by `Membership`. */
export interface Selection {
  readonly subject: Subject;
  readonly pods: Set<Pod>;
  readonly scope: Scope;
  /** Every pod that fits holds one of these; undefined: all pods of the scope must be asked. */
  readonly anchors: readonly string[] | undefined;
}

/** A pod that came into a selection, or left it. */
export interface Move {
  readonly selection: Selection;
  readonly pod: Pod;
  readonly joined: boolean;
}

/** The subjects of one scope, by what a pod must hold to fit. */
interface Subjects {
  readonly anchored: AnchorIndex<Selection>;
  readonly loose: Set<Selection>;
  size: number;
}

/**
 * Which pods each subject selects, by increments: a pod costs the subjects it may meet, a namespace its own pods,
 * a subject the pods it may select. Pods are compared by identity: a changed pod is deleted and added.
 */
export class Membership {
  readonly #scopes = new Scopes();
  readonly #subjects = new Map<Scope, Subjects>();
  readonly #selections = new Map<Pod, readonly Selection[]>();
  readonly #podsByAnchor = new AnchorIndex<Pod>();

  /** The selections that the pod joined. */
  addPod(pod: Pod): readonly Selection[] {
    const domain = this.#scopes.domain(pod.namespace);
    const anchors = anchorsOfPod(pod);
    const joined = [...domain.scopes].flatMap((scope) => this.#matching(scope, pod, anchors));
    for (const selection of joined) selection.pods.add(pod);
    domain.pods.add(pod);
    this.#podsByAnchor.add(anchors, pod);
    // A copy, because an array that has grown keeps room for sixteen more, and there are many pods.
    this.#selections.set(pod, joined.slice());
    return joined;
  }

  /** The selections that the pod left. */
  deletePod(pod: Pod): readonly Selection[] {
    const left = this.selectionsOf(pod);
    for (const selection of left) selection.pods.delete(pod);
    this.#selections.delete(pod);
    this.#podsByAnchor.delete(anchorsOfPod(pod), pod);
    const domain = this.#scopes.domain(pod.namespace);
    domain.pods.delete(pod);
    this.#scopes.forgetIfIdle(domain);
    return left;
  }

  selectionsOf(pod: Pod): readonly Selection[] {
    return this.#selections.get(pod) ?? [];
  }

  /** Describes a namespace, undefined when it is gone, and says which pods moved for it. */
  setNamespace(name: string, labels: Labels | undefined): readonly Move[] {
    const { before, after } = this.#scopes.describe(name, labels);
    const entered = [...after.scopes].filter((scope) => !before.has(scope));
    const left = new Set([...before].filter((scope) => !after.scopes.has(scope)));
    if (entered.length === 0 && left.size === 0) return [];
    return [...after.pods].flatMap((pod) => this.#move(pod, left, entered));
  }

  /** Starts to follow a subject. */
  select(subject: Subject): Selection {
    const scope = this.#scopes.acquire(subject);
    const anchors = subject.serviceAccounts?.map(accountAnchor) ?? anchorsOf(subject.pods);
    const selection: Selection = { subject, pods: new Set(), scope, anchors };
    for (const pod of this.#candidates(selection)) {
      if (!scope.domains.has(this.#scopes.domain(pod.namespace)) || !podMatches(subject, pod)) continue;
      selection.pods.add(pod);
      this.#selections.set(pod, [...this.selectionsOf(pod), selection]);
    }
    this.#list(selection);
    return selection;
  }

  /** Forgets a subject. */
  release(selection: Selection): void {
    for (const pod of selection.pods) {
      const others = this.selectionsOf(pod).filter((other) => other !== selection);
      this.#selections.set(pod, others);
    }
    const subjects = this.#subjects.get(selection.scope);
    if (!subjects) return;
    subjects.loose.delete(selection);
    subjects.anchored.delete(selection.anchors ?? [], selection);
    subjects.size -= 1;
    if (subjects.size > 0) return;
    this.#subjects.delete(selection.scope);
    this.#scopes.drop(selection.scope);
  }

  #list(selection: Selection): void {
    const { scope, anchors } = selection;
    const subjects = this.#subjects.get(scope) ?? { anchored: new AnchorIndex<Selection>(), loose: new Set(), size: 0 };
    this.#subjects.set(scope, subjects);
    if (anchors) subjects.anchored.add(anchors, selection);
    else subjects.loose.add(selection);
    subjects.size += 1;
  }

  #matching(scope: Scope, pod: Pod, anchors: readonly string[]): Selection[] {
    const subjects = this.#subjects.get(scope);
    if (!subjects) return [];
    const matching: Selection[] = [];
    for (const selection of subjects.loose) if (podMatches(selection.subject, pod)) matching.push(selection);
    for (const selection of subjects.anchored.any(anchors)) {
      if (podMatches(selection.subject, pod)) matching.push(selection);
    }
    return matching;
  }

  #move(pod: Pod, left: ReadonlySet<Scope>, entered: readonly Scope[]): Move[] {
    const anchors = anchorsOfPod(pod);
    const joined = entered.flatMap((scope) => this.#matching(scope, pod, anchors));
    const before = this.selectionsOf(pod);
    const gone = before.filter((selection) => left.has(selection.scope));
    for (const selection of gone) selection.pods.delete(pod);
    for (const selection of joined) selection.pods.add(pod);
    this.#selections.set(pod, [...before.filter((selection) => !left.has(selection.scope)), ...joined]);
    return [
      ...gone.map((selection) => ({ selection, pod, joined: false })),
      ...joined.map((selection) => ({ selection, pod, joined: true })),
    ];
  }

  /** The fewer of: pods that hold an anchor, pods of the namespaces. */
  #candidates({ scope, anchors }: Selection): Iterable<Pod> {
    const limit = anchors ? this.#podsByAnchor.count(anchors) : Infinity;
    let size = 0;
    for (const domain of scope.domains) {
      size += domain.pods.size;
      if (anchors && size > limit) return this.#podsByAnchor.any(anchors);
    }
    return podsOf(scope.domains);
  }
}

function* podsOf(domains: Iterable<Domain>): Iterable<Pod> {
  for (const domain of domains) yield* domain.pods;
}

function accountAnchor(serviceAccount: string): string {
  return `@${serviceAccount}`;
}

function anchorsOfPod(pod: Pod): string[] {
  return [accountAnchor(`${pod.namespace}/${pod.serviceAccount}`), ...anchorsOfLabels(pod.labels)];
}
