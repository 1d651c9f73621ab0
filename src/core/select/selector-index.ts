import type { Labels, Pod } from '../model/snapshot.ts';
import { LabelIndex } from './label-index.ts';
import { CompactSet } from './compact-set.ts';
import { anchorsOf } from './requirements.ts';
import { anchorsOfLabels, NamespaceIndex, type NamespaceEntry, type NamespaceScope } from './namespace-index.ts';
import { podMatches, type Subject } from './subject.ts';

/** A subject and the pods it is about, kept current by `Membership`. */
export interface Selection {
  readonly subject: Subject;
  readonly pods: CompactSet<Pod>;
  readonly scope: NamespaceScope;
  /** Every pod that fits holds one of these; undefined: all pods of the scope must be asked. */
  readonly anchors: readonly string[] | undefined;
}

/** A pod that came into a selection, or left it. */
export interface MembershipChange {
  readonly selection: Selection;
  readonly pod: Pod;
  readonly joined: boolean;
}

/** The subjects of one scope, by what a pod must hold to fit. */
interface Subjects {
  anchored: LabelIndex<Selection> | undefined;
  readonly loose: CompactSet<Selection>;
  size: number;
}

/**
 * Which pods each subject selects, by increments: a pod costs the subjects it may meet, a namespace its own pods,
 * a subject the pods it may select. Pods are compared by identity: a changed pod is deleted and added.
 */
export class SelectorIndex {
  readonly #scopes = new NamespaceIndex();
  readonly #subjects = new Map<NamespaceScope, Subjects>();
  /** Pods by what they hold, for the label keys that a subject of many namespaces has asked for. */
  readonly #podsByAnchor = new LabelIndex<Pod>();
  readonly #indexed = new Set<string>();
  readonly #manyPods: number;

  /** @param manyPods more of them are found by an index, which must be kept; fewer are sooner asked one by one */
  constructor(manyPods = 256) {
    this.#manyPods = manyPods;
  }

  /** The selections that the pod joined. */
  addPod(pod: Pod): readonly Selection[] {
    const domain = this.#scopes.domain(pod.namespace);
    domain.pods.add(pod);
    const anchors = anchorsOfPod(pod);
    this.#podsByAnchor.add(this.#indexable(anchors), pod);
    const joined = this.#matching(domain.scopes, pod, anchors);
    for (const selection of joined) selection.pods.add(pod);
    return joined;
  }

  /** The selections that the pod left. */
  deletePod(pod: Pod): readonly Selection[] {
    const domain = this.#scopes.domain(pod.namespace);
    const anchors = anchorsOfPod(pod);
    const left = this.#matching(domain.scopes, pod, anchors);
    for (const selection of left) selection.pods.delete(pod);
    this.#podsByAnchor.delete(this.#indexable(anchors), pod);
    domain.pods.delete(pod);
    this.#scopes.forgetIfIdle(domain);
    return left;
  }

  /** Those that a pod which was added is in: found anew each time, as a list for every pod would take much room. */
  selectionsOf(pod: Pod): readonly Selection[] {
    return this.#matching(this.#scopes.domain(pod.namespace).scopes, pod, anchorsOfPod(pod));
  }

  /** Describes a namespace, undefined when it is gone, and says which pods moved for it. */
  setNamespace(name: string, labels: Labels | undefined): readonly MembershipChange[] {
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
    const selection: Selection = { subject, pods: new CompactSet(), scope, anchors };
    for (const pod of this.#candidates(selection)) {
      if (!scope.domains.has(this.#scopes.domain(pod.namespace)) || !podMatches(subject, pod)) continue;
      selection.pods.add(pod);
    }
    this.#list(selection);
    return selection;
  }

  /** Forgets a subject. */
  release(selection: Selection): void {
    const subjects = this.#subjects.get(selection.scope);
    if (!subjects) return;
    subjects.loose.delete(selection);
    subjects.anchored?.delete(selection.anchors ?? [], selection);
    subjects.size -= 1;
    if (subjects.size > 0) return;
    this.#subjects.delete(selection.scope);
    this.#scopes.drop(selection.scope);
  }

  #list(selection: Selection): void {
    const { scope, anchors } = selection;
    const none: Subjects = { anchored: undefined, loose: new CompactSet(), size: 0 };
    const subjects = this.#subjects.get(scope) ?? none;
    this.#subjects.set(scope, subjects);
    if (anchors) (subjects.anchored ??= new LabelIndex()).add(anchors, selection);
    else subjects.loose.add(selection);
    subjects.size += 1;
  }

  #matching(scopes: Iterable<NamespaceScope>, pod: Pod, anchors: readonly string[]): Selection[] {
    const matching: Selection[] = [];
    for (const scope of scopes) {
      const subjects = this.#subjects.get(scope);
      if (!subjects) continue;
      for (const selection of subjects.loose) if (podMatches(selection.subject, pod)) matching.push(selection);
      for (const selection of subjects.anchored?.any(anchors) ?? []) {
        if (podMatches(selection.subject, pod)) matching.push(selection);
      }
    }
    return matching;
  }

  #move(pod: Pod, left: ReadonlySet<NamespaceScope>, entered: readonly NamespaceScope[]): MembershipChange[] {
    const anchors = anchorsOfPod(pod);
    const gone = this.#matching(left, pod, anchors);
    const joined = this.#matching(entered, pod, anchors);
    for (const selection of gone) selection.pods.delete(pod);
    for (const selection of joined) selection.pods.add(pod);
    return [
      ...gone.map((selection) => ({ selection, pod, joined: false })),
      ...joined.map((selection) => ({ selection, pod, joined: true })),
    ];
  }

  /** The fewer of: pods that hold an anchor, pods of the namespaces. */
  #candidates({ scope, anchors }: Selection): Iterable<Pod> {
    if (!anchors || !this.#isLarge(scope)) return podsOf(scope.domains);
    this.#index(anchors);
    const limit = this.#podsByAnchor.count(anchors);
    let size = 0;
    for (const domain of scope.domains) {
      size += domain.pods.size;
      if (size > limit) return this.#podsByAnchor.any(anchors);
    }
    return podsOf(scope.domains);
  }

  #isLarge({ domains }: NamespaceScope): boolean {
    let size = 0;
    for (const domain of domains) {
      size += domain.pods.size;
      if (size > this.#manyPods) return true;
    }
    return false;
  }

  /** From now on pods can be found by these; all anchors of a subject are of one key. */
  #index([anchor = '']: readonly string[]): void {
    const key = keyOfAnchor(anchor);
    if (this.#indexed.has(key)) return;
    this.#indexed.add(key);
    for (const pod of podsOf(this.#scopes.domains())) {
      const held = anchorsOfPod(pod).filter((one) => keyOfAnchor(one) === key);
      this.#podsByAnchor.add(held, pod);
    }
  }

  #indexable(anchors: readonly string[]): readonly string[] {
    return this.#indexed.size === 0 ? [] : anchors.filter((anchor) => this.#indexed.has(keyOfAnchor(anchor)));
  }
}

function* podsOf(domains: Iterable<NamespaceEntry>): Iterable<Pod> {
  for (const domain of domains) yield* domain.pods;
}

function accountAnchor(serviceAccount: string): string {
  return `@${serviceAccount}`;
}

/** The key of the label, or what stands for all accounts. */
function keyOfAnchor(anchor: string): string {
  return anchor.startsWith('@') ? '@' : anchor.slice(0, anchor.indexOf('='));
}

function anchorsOfPod(pod: Pod): string[] {
  return [accountAnchor(`${pod.namespace}/${pod.serviceAccount}`), ...anchorsOfLabels(pod.labels)];
}
