import type { Verdict } from '../model/desired.ts';
import type { Problem } from '../model/problem.ts';
import { anywhere } from '../net/destination.ts';
import { everyone } from '../select/subject.ts';
import { partOf } from './block.ts';
import { nameOfIntent, type Draft, type Intent } from './intent.ts';
import { descend, problemOfBlur, problemOfLeak, type Layer, type Ranked } from './layer.ts';
import { regionCovers, type Region } from './region.ts';

/** In place of a Pass: first what the namespaces say, then this. */
export interface Slot {
  readonly pass: Intent;
  readonly rules: readonly Draft[];
}

/** The cluster-wide rules of one point in their order; the namespaces' own come between `admin` and `rest`. */
export interface Program {
  readonly admin: readonly (Draft | Slot)[];
  readonly rest: readonly Draft[];
  readonly problems: readonly Problem[];
}

/** `sweep`: end with a rule that denies everybody everything, because the point has networks to say it for. */
export function programOf(layer: Layer, defaultAction: Verdict, sweep: boolean): Program {
  const parts = new Map<Ranked, Draft[]>(layer.passes.map((pass) => [pass, []]));
  const rest: Draft[] = [];
  const problems: Problem[] = [];
  const draftsOf = (ranked: Ranked): readonly Draft[] => {
    const { action } = ranked.intent;
    if (action === 'Pass') return layer.closing.has(ranked) ? [closingOf(ranked, defaultAction, ranked.intent)] : [];
    return [{ ...ranked.intent, ...regionOf(ranked), action }];
  };
  for (const { intent, destination } of layer.closing) {
    if (defaultAction === 'Deny' && destination.names.length > 0) problems.push(problemOfLeak(intent));
  }
  for (const ranked of layer.baseline) {
    const cover = layer.deciding.first(ranked, (outer) => regionCovers(outer, ranked));
    for (const draft of draftsOf(ranked)) {
      const { parts: found, remains, blurredBy } = descend(draft, cover, layer.passes);
      if (blurredBy) problems.push(problemOfBlur(blurredBy.intent));
      for (const { pass, region } of found) parts.get(pass)?.push(partOf(draft, region, pass));
      if (remains) rest.push(draft);
    }
  }
  const last = closingOf({ subject: everyone, destination: anywhere, ports: [] }, 'Deny');
  const above = [...layer.admin, ...layer.baseline];
  const swept = above.some(({ intent, ...region }) => intent.action === 'Deny' && regionCovers(region, last));
  if (sweep && !swept) rest.push(last);
  const admin = layer.admin.flatMap((ranked): readonly (Draft | Slot)[] => {
    const rules = parts.get(ranked);
    return rules ? [{ pass: ranked.intent, rules: [...rules, ...draftsOf(ranked)] }] : draftsOf(ranked);
  });
  return { admin, rest, problems };
}

/** The default action, where more than the device's own default is needed to say it. The point fills in its name. */
function closingOf(region: Region, action: Verdict, via?: Intent): Draft {
  return {
    ...regionOf(region),
    action,
    log: via?.log === true,
    origin: {
      kind: 'EnforcementPoint',
      namespace: '',
      name: '',
      uid: '',
      generation: 0,
      tier: 'Default',
      field: 'spec.defaultAction',
      ...(via ? { via: nameOfIntent(via) } : {}),
    },
  };
}

function regionOf({ subject, destination, ports }: Region): Region {
  return { subject, destination, ports };
}
