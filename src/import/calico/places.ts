import { z } from 'zod';
import { compareText } from '../../api/problem.ts';
import type { Document } from '../outcome.ts';

/*
 * The order in which Calico asks policies. Which of two of one order is first, its releases do not agree on: where that
 * matters, what either denies comes before what both accept, so that nothing passes that one of the orders stops.
 */

/** Priorities, the first asked first. */
export interface Place {
  readonly denies: number;
  readonly rest: number;
  /** Policies of this many objects fit in there. */
  readonly room: number;
  /** Of the same order, and one of the two may deny what the other accepts. */
  readonly rival: Document | undefined;
}

const specSchema = z.looseObject({
  spec: z.looseObject({
    tier: z.string().optional().catch(undefined),
    order: z.number().optional().catch(undefined),
    types: z.array(z.string()).optional().catch(undefined),
    egress: z.array(z.unknown()).optional().catch(undefined),
  }),
});

interface Ordered {
  readonly document: Document;
  readonly rank: string;
  readonly order: number;
  readonly denies: boolean;
  readonly accepts: boolean;
}

/** @param range of priorities */
export function placesOf(
  policies: readonly Document[],
  { first, last }: { readonly first: number; readonly last: number },
): ReadonlyMap<Document, Place> {
  const ordered = policies
    .map(orderedOf)
    .sort((a, b) => compareText(a.rank, b.rank) || a.order - b.order || compareText(nameOf(a), nameOf(b)));
  const slots: { readonly part: 'denies' | 'rest'; readonly document: Document }[] = [];
  const rivals = new Map(
    ordered.map((one) => [one.document, ordered.find((other) => areRivals(one, other))?.document]),
  );
  for (const one of ordered) {
    if (slots.some(({ document }) => document === one.document)) continue;
    const equal = ordered.filter((other) => isEqual(one, other));
    const isTied = equal.some(({ document }) => rivals.get(document) !== undefined);
    const parts = isTied ? (['denies', 'rest'] as const) : (['rest'] as const);
    for (const part of parts) for (const { document } of equal) slots.push({ part, document });
  }
  const room = Math.floor((last - first) / Math.max(1, slots.length));
  return new Map(
    policies.map((document) => {
      const at = (part: 'denies' | 'rest'): number =>
        slots.findIndex((slot) => slot.document === document && slot.part === part);
      const rest = first + at('rest') * room;
      const denies = at('denies') < 0 ? rest : first + at('denies') * room;
      return [document, { rest, denies, room, rival: rivals.get(document) }];
    }),
  );
}

/** Does it decide anything that leaves? What cannot be read may. */
export function speaksOfEgress({ value }: Document): boolean {
  const { data } = specSchema.safeParse(value);
  const { types = [], egress = [] } = data?.spec ?? {};
  return data === undefined || (types.length > 0 ? types.includes('Egress') : egress.length > 0);
}

/** By the words of its rules, also where these cannot be read. */
export function mayDeny({ value }: Document): boolean {
  return /"action":"(?:deny|pass|next-tier)"/i.test(JSON.stringify(value));
}

function orderedOf(document: Document): Ordered {
  const { spec } = specSchema.safeParse(document.value).data ?? {};
  const isOn = speaksOfEgress(document);
  // Policies of other tiers are closed, which must come before all else.
  const rank = (spec?.tier ?? 'default') === 'default' ? '1' : '0';
  const accepts = isOn && /"action":"allow"/i.test(JSON.stringify(document.value));
  return { document, rank, order: spec?.order ?? Number.MAX_VALUE, denies: isOn && mayDeny(document), accepts };
}

function nameOf({ document: { namespace, name } }: Ordered): string {
  return `${namespace} ${name}`;
}

function isEqual(a: Ordered, b: Ordered): boolean {
  return a.rank === b.rank && a.order === b.order;
}

function areRivals(a: Ordered, b: Ordered): boolean {
  if (a === b || !isEqual(a, b)) return false;
  const [one, other] = [a.document.namespace, b.document.namespace];
  const meet = one === '' || other === '' || one === other;
  return meet && ((a.denies && b.accepts) || (a.accepts && b.denies));
}
