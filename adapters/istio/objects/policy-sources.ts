import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { listOf, mapIn, textsOf } from './fields.ts';

/**
 * Who a policy is for: `shop/checkout` is a ServiceAccount, `shop/*` every one of a namespace but those of `except`.
 * The names are those of DesiredState, so that a member here is a member there.
 */
export interface Sources {
  readonly members: readonly string[];
  readonly except: readonly string[];
}

/**
 * The `from` of a rule. Without members it names a principal that does not exist: a rule without `from` would be for
 * all sources. Exceptions stay in the rule even while their namespace is no member.
 *
 * https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source
 */
export function fromOf({ members, except }: Sources, trustDomain: string): readonly Json[] {
  const principal = (account: string): string => principalOf(account, trustDomain);
  const whole = members.filter(isWhole).map(namespaceOf);
  const accounts = members.filter((member) => !isWhole(member));
  const excepted = new Set(except.map(namespaceOf));
  const plain = whole.filter((namespace) => !excepted.has(namespace));
  const cut = whole.filter((namespace) => excepted.has(namespace));
  const waiting = except.filter((account) => !whole.includes(namespaceOf(account)));
  const sources: JsonObject[] = [
    ...(accounts.length > 0 ? [{ principals: accounts.map(principal) }] : []),
    ...(plain.length > 0 ? [{ namespaces: plain }] : []),
    ...cut.map((namespace) => ({
      namespaces: [namespace],
      notPrincipals: except.filter((account) => namespaceOf(account) === namespace).map(principal),
    })),
  ];
  if (members.length === 0 || waiting.length > 0) {
    sources.push({ principals: ['*'], notPrincipals: ['*', ...waiting.map(principal)] });
  }
  return sources.map((source) => ({ source }));
}

/** What `fromOf` was given; anything else than its own text reads as whatever comes of it. */
export function sourcesIn(from: Json | undefined): Sources {
  const members: string[] = [];
  const except: string[] = [];
  for (const entry of listOf(from)) {
    const source = mapIn(entry, 'source');
    const principals = textsOf(source['principals']);
    if (!principals.includes('*')) for (const principal of principals) members.push(accountOf(principal));
    for (const namespace of textsOf(source['namespaces'])) members.push(`${namespace}/*`);
    for (const text of textsOf(source['notPrincipals'])) if (text !== '*') except.push(accountOf(text));
  }
  return { members: members.sort(), except: except.sort() };
}

/** `cluster.local/ns/shop/sa/checkout` for `shop/checkout`. */
function principalOf(account: string, trustDomain: string): string {
  const [namespace = '', name = ''] = account.split('/');
  return `${trustDomain}/ns/${namespace}/sa/${name}`;
}

function accountOf(principal: string): string {
  const [, namespace, name] = /^[^/]+\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal) ?? [];
  return namespace === undefined || name === undefined ? principal : `${namespace}/${name}`;
}

export function isWhole(member: string): boolean {
  return member.endsWith('/*');
}

export function namespaceOf(member: string): string {
  return member.slice(0, member.indexOf('/'));
}
