import { Document, isMap, isSeq } from 'yaml';
import { maxOf, minOf } from '../core/model/extremes.ts';
import { apiVersion } from '../api/meta.ts';
import { formatInstant } from '../core/time/instant.ts';
import type { SuggestedEntry, SuggestedPolicy } from './policies.ts';

/** The objects, as the API server takes them. */
export function objectOf({ namespace, name, subject, to }: SuggestedPolicy): Readonly<Record<string, unknown>> {
  return {
    apiVersion,
    kind: 'EgressPolicy',
    metadata: { name, namespace },
    spec: { subject, to: to.map(({ seen: _, ...entry }) => entry) },
  };
}

/** A stream of YAML documents, each entry with how often and when it was seen. */
export function manifestsOf(policies: readonly SuggestedPolicy[]): string {
  return policies.map(documentOf).join('---\n');
}

function documentOf(policy: SuggestedPolicy): string {
  const document = new Document(objectOf(policy));
  document.commentBefore = notesOn(policy)
    .map((note) => ` ${note}`)
    .join('\n');
  const entries = document.getIn(['spec', 'to']);
  if (isSeq(entries)) {
    for (const [index, entry] of entries.items.entries()) {
      const suggested = policy.to[index];
      if (isMap(entry) && suggested !== undefined) entry.commentBefore = ` ${seenText(suggested)}`;
    }
  }
  return document.toString({ lineWidth: 0 });
}

function notesOn({ workload, alsoSelects, unseen }: SuggestedPolicy): readonly string[] {
  return [
    `What ${workload} was seen to do. Read it before you apply it, and say who answers for it and why: spec.governance.`,
    ...(unseen ? ['It has no pod now, so only its ServiceAccount is known.'] : []),
    ...(alsoSelects.length === 0
      ? []
      : [`Takes in ${alsoSelects.join(', ')}, too: nothing tells their pods apart. Give them labels.`]),
  ];
}

/** `seen 12 times, 2026-11-28T10:00:00.000Z to 2026-11-29T14:05:00.000Z` */
export function seenText({ seen }: Pick<SuggestedEntry, 'seen'>): string {
  const count = seen.reduce((sum, one) => sum + one.count, 0);
  const first = formatInstant(minOf(seen.map((one) => one.first)));
  const last = formatInstant(maxOf(seen.map((one) => one.last)));
  return count === 1 ? `seen once, ${first}` : `seen ${count} times, ${first} to ${last}`;
}
