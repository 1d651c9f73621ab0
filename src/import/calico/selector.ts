import { selectorFrom, type Selector } from '../selector.ts';

type Requirement = NonNullable<Selector['matchExpressions']>[number];

/** Labels that Calico gives, of its own and those of the namespace and the ServiceAccount: no pod has them here. */
const calicoKeys = /^(?:projectcalico\.org\/|pcns\.|pcsa\.)/;

const text = `(?:'[^']*'|"[^"]*")`;
const key = '[A-Za-z0-9._/-]+';
const comparison = new RegExp(`^(${key})\\s*(==|!=)\\s*(${text})$`);
const membership = new RegExp(`^(${key})\\s+(not\\s+in|in)\\s*\\{((?:\\s*${text}\\s*,?)*)\\}$`);
const presence = new RegExp(`^(!?)\\s*has\\(\\s*(${key})\\s*\\)$`);

/**
 * A selector of Calico whose parts must all hold; undefined: it says more than labels can, such as `||` and `starts with`.
 *
 * @param rename of the keys that Calico gives to what Kubernetes calls otherwise
 */
export function calicoSelector(
  selector: string,
  rename: Readonly<Record<string, string>> = {},
): { readonly labels: ReturnType<typeof selectorFrom> } | undefined {
  const whole = selector.trim();
  if (whole === '' || whole === 'all()') return { labels: undefined };
  const requirements = whole.split('&&').map((part) => requirementOf(part.trim()));
  if (requirements.includes(undefined)) return undefined;
  const named = requirements.flatMap((one) => one ?? []).map((one) => ({ ...one, key: rename[one.key] ?? one.key }));
  if (named.some((one) => calicoKeys.test(one.key))) return undefined;
  return { labels: selectorFrom({ matchExpressions: named }) };
}

function requirementOf(part: string): Requirement | undefined {
  return compared(part) ?? listed(part) ?? present(part);
}

function compared(part: string): Requirement | undefined {
  const [, label = '', sign, value = ''] = comparison.exec(part) ?? [];
  return sign === undefined
    ? undefined
    : { key: label, operator: sign === '==' ? 'In' : 'NotIn', values: [value.slice(1, -1)] };
}

function listed(part: string): Requirement | undefined {
  const [, label = '', how, list = ''] = membership.exec(part) ?? [];
  const values = [...list.matchAll(new RegExp(text, 'g'))].map(([one]) => one.slice(1, -1));
  return values.length === 0 ? undefined : { key: label, operator: how === 'in' ? 'In' : 'NotIn', values };
}

function present(part: string): Requirement | undefined {
  const [, not, label = ''] = presence.exec(part) ?? [];
  return not === undefined ? undefined : { key: label, operator: not === '!' ? 'DoesNotExist' : 'Exists' };
}
