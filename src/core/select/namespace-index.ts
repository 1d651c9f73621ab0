import type { Labels, Pod } from '../model/snapshot.ts';
import { LabelIndex } from './label-index.ts';
import { CompactSet, compactSet } from './compact-set.ts';
import { anchorsOf, requirementsMatch, requirementsText, type Requirements } from './requirements.ts';
import { labelsOfNamespace, type Subject } from './subject.ts';

/** A namespace that has been described, or at least mentioned by a pod or a subject. */
export interface NamespaceEntry {
  readonly name: string;
  readonly labels: Labels;
  /** False while only others mention it. */
  readonly described: boolean;
  readonly pods: CompactSet<Pod>;
  readonly scopes: CompactSet<NamespaceScope>;
}

/** The namespaces of a subject: one by name, or those with certain labels. Subjects of equal namespaces share it. */
export interface NamespaceScope {
  readonly key: string;
  readonly namespace: string | undefined;
  readonly requirements: Requirements;
  readonly domains: CompactSet<NamespaceEntry>;
}

/** Which scope takes in which namespace, kept current from both sides. */
export class NamespaceIndex {
  readonly #domains = new Map<string, NamespaceEntry>();
  readonly #domainsByLabel = new LabelIndex<NamespaceEntry>();
  readonly #scopes = new Map<string, NamespaceScope>();
  readonly #scopesByLabel = new LabelIndex<NamespaceScope>();
  /** Scopes by label in which no label has to have a certain value. */
  readonly #loose = new Set<NamespaceScope>();

  domain(name: string): NamespaceEntry {
    return this.#domains.get(name) ?? this.#enter({ name, labels: labelsOfNamespace(name), described: false });
  }

  /** Describes a namespace, or with undefined takes the description back; returns it as it was and as it is. */
  describe(name: string, labels: Labels | undefined): { before: CompactSet<NamespaceScope>; after: NamespaceEntry } {
    const old = this.domain(name);
    this.#leave(old);
    const described = labels !== undefined;
    const after = this.#enter({ name, labels: labelsOfNamespace(name, labels), described }, old.pods);
    this.forgetIfIdle(after);
    return { before: old.scopes, after };
  }

  /** Drops a namespace that nobody described and that has no pods. */
  forgetIfIdle(domain: NamespaceEntry): void {
    if (!domain.described && domain.pods.size === 0) this.#leave(domain);
  }

  domains(): Iterable<NamespaceEntry> {
    return this.#domains.values();
  }

  acquire({ namespace, namespaces }: Subject): NamespaceScope {
    const key = namespace === undefined ? `?${requirementsText(namespaces)}` : `=${namespace}`;
    const known = this.#scopes.get(key);
    if (known) return known;
    const domains = compactSet(this.#domainsOf(namespace, namespaces));
    const scope: NamespaceScope = { key, namespace, requirements: namespaces, domains };
    for (const domain of domains) domain.scopes.add(scope);
    this.#scopes.set(key, scope);
    if (namespace !== undefined) return scope;
    const anchors = anchorsOf(namespaces);
    if (anchors) this.#scopesByLabel.add(anchors, scope);
    else this.#loose.add(scope);
    return scope;
  }

  drop(scope: NamespaceScope): void {
    for (const domain of scope.domains) domain.scopes.delete(scope);
    this.#scopes.delete(scope.key);
    this.#loose.delete(scope);
    this.#scopesByLabel.delete(anchorsOf(scope.requirements) ?? [], scope);
  }

  #enter(description: Omit<NamespaceEntry, 'pods' | 'scopes'>, pods = new CompactSet<Pod>()): NamespaceEntry {
    const domain: NamespaceEntry = { ...description, pods, scopes: compactSet(this.#scopesOf(description)) };
    for (const scope of domain.scopes) scope.domains.add(domain);
    this.#domains.set(domain.name, domain);
    this.#domainsByLabel.add(anchorsOfLabels(domain.labels), domain);
    return domain;
  }

  #leave(domain: NamespaceEntry): void {
    for (const scope of domain.scopes) scope.domains.delete(domain);
    this.#domains.delete(domain.name);
    this.#domainsByLabel.delete(anchorsOfLabels(domain.labels), domain);
  }

  *#scopesOf({ name, labels }: Pick<NamespaceEntry, 'name' | 'labels'>): Iterable<NamespaceScope> {
    const local = this.#scopes.get(`=${name}`);
    if (local) yield local;
    for (const scope of this.#loose) if (requirementsMatch(scope.requirements, labels)) yield scope;
    for (const scope of this.#scopesByLabel.any(anchorsOfLabels(labels))) {
      if (requirementsMatch(scope.requirements, labels)) yield scope;
    }
  }

  *#domainsOf(namespace: string | undefined, requirements: Requirements): Iterable<NamespaceEntry> {
    if (namespace !== undefined) {
      yield this.domain(namespace);
      return;
    }
    const anchors = anchorsOf(requirements);
    const candidates = anchors ? this.#domainsByLabel.any(anchors) : this.#domains.values();
    for (const domain of candidates) if (requirementsMatch(requirements, domain.labels)) yield domain;
  }
}

export function anchorsOfLabels(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}
