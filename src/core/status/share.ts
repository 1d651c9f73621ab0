import { createHash } from 'node:crypto';
import { canonical } from '../model/json.ts';
import type { DesiredState, Rule } from '../model/desired.ts';
import type { PointOutcome } from '../model/outcome.ts';

/** A point that should enforce an object, and what is known of it. */
export interface Share {
  readonly point: string;
  /** Ids of the object's rules in the point's desired state, and of the groups these use. */
  readonly ids: readonly string[];
  readonly rules: number;
  readonly addresses: number;
  /** Are those rules, as they are now, what was read back from the device last? */
  readonly programmed: boolean;
  readonly outcome: PointOutcome | undefined;
}

/** What an object has at one point, whatever the device says of it. */
export interface Stake {
  /** Ids of the object's rules, and of the groups these use. */
  readonly ids: readonly string[];
  readonly rules: number;
  readonly addresses: number;
  /** Equal as long as the object's rules there are. */
  readonly digest: string;
}

/** Equal for equal rules: tells whether what was read back is what is wanted now. */
export function rulesDigest(rules: readonly Rule[]): string {
  return createHash('sha256').update(canonical(rules)).digest('hex').slice(0, 32);
}

/** Every object's stake in a desired state, by subject: `EgressPolicy/shop/checkout`, `ExternalService/github`. */
export function stakesIn({ rules, groups }: DesiredState): ReadonlyMap<string, Stake> {
  const members = new Map(groups.map((group) => [group.id, group.members]));
  const bySubject = new Map<string, Rule[]>();
  for (const rule of rules) {
    for (const subject of subjectsOf(rule)) {
      const own = bySubject.get(subject);
      if (own === undefined) bySubject.set(subject, [rule]);
      else own.push(rule);
    }
  }
  return new Map(
    [...bySubject].map(([subject, own]) => {
      const sources = [...new Set(own.flatMap((rule) => rule.sources))];
      const addresses = new Set(sources.flatMap((id) => members.get(id) ?? [])).size;
      const ids = [...own.map(({ id }) => id), ...sources];
      return [subject, { ids, rules: own.length, addresses, digest: rulesDigest(own) }];
    }),
  );
}

function subjectsOf({ origin }: Rule): string[] {
  const { kind, namespace, name, externalService } = origin;
  const subject = [kind, namespace, name].filter((part) => part !== '').join('/');
  return externalService === undefined ? [subject] : [subject, `ExternalService/${externalService}`];
}
