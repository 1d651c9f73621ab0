import type { EgressPolicy } from '../../api/kinds.ts';
import { compareText, type Problem } from '../model/problem.ts';
import type { Labels } from '../model/snapshot.ts';
import { localise } from '../select/subject.ts';
import { CoverIndex } from './cover.ts';
import { nameOfIntent, type Draft, type Intent } from './intent.ts';
import type { Policy } from './intents.ts';
import { descend, problemOfBlur, problemOfCover, type Layer, type Ranked } from './layer.ts';
import { regionCovers } from './region.ts';

/** The rules of one namespace at one point. */
export interface Block {
  /** What stands in place of a Pass, by the Pass. */
  readonly parts: ReadonlyMap<Intent, readonly Draft[]>;
  readonly main: readonly Draft[];
  readonly problems: readonly Problem[];
}

/** Costs what the namespace has, and the Pass rules that apply to it. */
export function blockOf(policies: readonly Policy<EgressPolicy>[], labels: Labels, layer: Layer): Block {
  const parts = new Map<Intent, Draft[]>();
  const main: Draft[] = [];
  const problems: Problem[] = [];
  const earlier = new CoverIndex<Draft>();
  const passes = passesFor(policies[0]?.object.metadata.namespace, labels, layer);
  for (const draft of inOrder(policies)) {
    const cover = layer.deciding.first(draft, (outer) => coversLocally(outer, draft, labels));
    const { parts: found, remains, shadowedBy, blurredBy } = descend(draft, cover, passes);
    if (blurredBy) problems.push(problemOfBlur(blurredBy.intent));
    const sibling = shadowedBy ? undefined : earlier.first(draft, (outer) => regionCovers(outer, draft));
    const above = shadowedBy?.intent ?? sibling;
    if (above) problems.push(problemOfCover(draft, above));
    if (above) continue;
    earlier.add(draft);
    for (const { pass, region } of found) {
      parts.set(pass.intent, [...(parts.get(pass.intent) ?? []), partOf(draft, region, pass)]);
    }
    if (remains) main.push(draft);
  }
  return { parts, main, problems };
}

/** The part of a rule that stands in place of a Pass. */
export function partOf(draft: Draft, region: Pick<Draft, 'subject' | 'destination' | 'ports'>, pass: Ranked): Draft {
  const { via } = draft.origin;
  const passed = nameOfIntent(pass.intent);
  return { ...draft, ...region, origin: { ...draft.origin, via: via === undefined ? passed : `${passed} > ${via}` } };
}

/** Deny before Accept, then by name; entries of a policy keep their order. */
function inOrder(policies: readonly Policy<EgressPolicy>[]): readonly Draft[] {
  const byName = [...policies].sort((a, b) => compareText(a.object.metadata.name, b.object.metadata.name));
  const intents = byName.flatMap(({ resolved }) => resolved.intents);
  return (['Deny', 'Accept'] as const).flatMap((action) =>
    intents.filter((intent): intent is Draft => intent.action === action),
  );
}

function passesFor(namespace: string | undefined, labels: Labels, layer: Layer): readonly Ranked[] {
  if (namespace === undefined) return [];
  return layer.passes.flatMap((pass) => {
    const subject = localise(pass.subject, namespace, labels);
    return subject ? [{ ...pass, subject }] : [];
  });
}

function coversLocally(outer: Ranked, draft: Draft, labels: Labels): boolean {
  const { namespace } = draft.subject;
  const subject = namespace === undefined ? outer.subject : localise(outer.subject, namespace, labels);
  return subject !== undefined && regionCovers({ ...outer, subject }, draft);
}
