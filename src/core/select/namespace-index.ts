import type { Labels, Pod } from '../model/snapshot.ts';
import { LabelIndex } from './label-index.ts';
import { compactSet, type CompactSet } from './compact-set.ts';
import { NamedSet } from './named-set.ts';
import { anchorsOf, requirementsMatch, requirementsText, type Requirements } from './requirements.ts';
import { labelsOfNamespace, type Subject } from './subject.ts';

/** A namespace that has been described, or at least mentioned by a pod or a subject. */
export interface NamespaceEntry {
  readonly name: string;
  readonly labels: Labels;
  /** False while only others mention it. */
  readonly described: boolean;
  readonly pods: NamedSet<Pod>;
  readonly scopes: CompactSet<NamespaceScope>;
}

/** The namespaces of a subject: one by name, or those with certain labels. Subjects of equal namespaces share it. */
export interface NamespaceScope {
  readonly namespace: string | undefined;
  readonly requirements: Requirements;
  readonly domains: CompactSet<NamespaceEntry>;
}

const nowhere: readonly never[] = [];

/** Which scope takes in which namespace, kept current from both sides. */
export class NamespaceIndex {
  readonly #domains = new Map<string, NamespaceEntry>();
  /** For the label keys that scopes have asked for. */
  readonly #domainsByLabel = new LabelIndex<NamespaceEntry>();
  readonly #indexed = new Set<string>();
  /** Of one namespace, by its name. */
  readonly #local = new Map<string, NamespaceScope>();
  /** By label, by the text of the requirements. */
  readonly #labelled = new Map<string, NamespaceScope>();
  readonly #scopesByLabel = new LabelIndex<NamespaceScope>();
  /** Scopes by label in which no label has to have a certain value. */
  readonly #loose = new Set<NamespaceScope>();

  domain(name: string): NamespaceEntry {
    return this.#domains.get(name) ?? this.#enter({ name, labels: labelsOfNamespace(name), described: false });
  }

  /** Describes a namespace, or with undefined takes the description back; returns it as it was and as it is. */
  describe(name: string, labels: Labels | undefined): { before: CompactSet<NamespaceScope>; after: NamespaceEntry } {
    const old = this.#domains.get(name);
    if (old) this.#leave(old);
    const described = labels !== undefined;
    const after = this.#enter({ name, labels: labelsOfNamespace(name, labels), described }, old?.pods);
    this.forgetIfIdle(after);
    // A namespace that was not known has no pods.
    return { before: old?.scopes ?? after.scopes, after };
  }

  /** Drops a namespace that has no object and no pods. */
  forgetIfIdle(domain: NamespaceEntry): void {
    if (!domain.described && domain.pods.size === 0) this.#leave(domain);
  }

  /** Undefined: it is not known. */
  find(name: string): NamespaceEntry | undefined {
    return this.#domains.get(name);
  }

  domains(): Iterable<NamespaceEntry> {
    return this.#domains.values();
  }

  acquire({ namespace, namespaces }: Subject): NamespaceScope {
    return namespace === undefined ? this.#acquireLabelled(namespaces) : this.#acquireLocal(namespace);
  }

  drop(scope: NamespaceScope): void {
    for (const domain of scope.domains) {
      domain.scopes.delete(scope);
      this.forgetIfIdle(domain);
    }
    if (scope.namespace !== undefined) {
      this.#local.delete(scope.namespace);
      return;
    }
    this.#labelled.delete(requirementsText(scope.requirements));
    this.#loose.delete(scope);
    this.#scopesByLabel.delete(anchorsOf(scope.requirements) ?? [], scope);
  }

  #acquireLocal(namespace: string): NamespaceScope {
    const known = this.#local.get(namespace);
    if (known) return known;
    const scope = scopeOver([this.domain(namespace)], namespace, []);
    this.#local.set(namespace, scope);
    return scope;
  }

  #acquireLabelled(requirements: Requirements): NamespaceScope {
    const key = requirementsText(requirements);
    const known = this.#labelled.get(key);
    if (known) return known;
    const scope = scopeOver(this.#domainsWith(requirements), undefined, requirements);
    this.#labelled.set(key, scope);
    const anchors = anchorsOf(requirements);
    if (anchors) this.#scopesByLabel.add(anchors, scope);
    else this.#loose.add(scope);
    return scope;
  }

  #enter(
    { name, labels, described }: Omit<NamespaceEntry, 'pods' | 'scopes'>,
    pods = new NamedSet<Pod>(),
  ): NamespaceEntry {
    // Spelled out: an object that is put together from another has a hidden class of its own.
    const domain: NamespaceEntry = { name, labels, described, pods, scopes: compactSet(this.#scopesOf(name, labels)) };
    for (const scope of domain.scopes) scope.domains.add(domain);
    this.#domains.set(domain.name, domain);
    this.#domainsByLabel.add(this.#indexedOf(domain), domain);
    return domain;
  }

  #leave(domain: NamespaceEntry): void {
    for (const scope of domain.scopes) scope.domains.delete(domain);
    this.#domains.delete(domain.name);
    this.#domainsByLabel.delete(this.#indexedOf(domain), domain);
  }

  *#scopesOf(name: string, labels: Labels): Iterable<NamespaceScope> {
    const local = this.#local.get(name);
    if (local) yield local;
    if (this.#labelled.size === 0) return;
    for (const scope of this.#loose) if (requirementsMatch(scope.requirements, labels)) yield scope;
    for (const scope of this.#scopesByLabel.any(anchorsOfLabels(labels))) {
      if (requirementsMatch(scope.requirements, labels)) yield scope;
    }
  }

  *#domainsWith(requirements: Requirements): Iterable<NamespaceEntry> {
    const anchors = anchorsOf(requirements);
    if (anchors) this.#index(anchors);
    const candidates = anchors ? this.#domainsByLabel.any(anchors) : this.#domains.values();
    for (const domain of candidates) if (requirementsMatch(requirements, domain.labels)) yield domain;
  }

  /** From now on namespaces can be found by these, which are all of one key. */
  #index([anchor = '']: readonly string[]): void {
    const key = anchor.slice(0, anchor.indexOf('='));
    if (this.#indexed.has(key)) return;
    for (const domain of this.#domains.values()) this.#domainsByLabel.add(anchorsAt([key], domain), domain);
    this.#indexed.add(key);
  }

  #indexedOf(domain: NamespaceEntry): readonly string[] {
    return this.#indexed.size === 0 ? nowhere : anchorsAt([...this.#indexed], domain);
  }
}

function scopeOver(
  domains: Iterable<NamespaceEntry>,
  namespace: string | undefined,
  requirements: Requirements,
): NamespaceScope {
  const scope: NamespaceScope = { namespace, requirements, domains: compactSet(domains) };
  for (const domain of scope.domains) domain.scopes.add(scope);
  return scope;
}

/** What a namespace holds of labels with these keys. */
function anchorsAt(keys: readonly string[], { labels }: NamespaceEntry): readonly string[] {
  return keys.flatMap((key) => (Object.hasOwn(labels, key) ? `${key}=${labels[key]}` : []));
}

export function anchorsOfLabels(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}
