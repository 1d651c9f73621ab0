import { eachOf } from '../../../kit/common/api/each-of.ts';
import { unlessRefused } from '../../../kit/common/api/answers.ts';
import { isObject, objectOf, objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { allPages } from '../api/pages.ts';
import {
  nameIn,
  policyPath,
  templates,
  statesInProgress,
  type Azure,
  type Held,
  type KnownFirewall,
  type KnownPolicy,
} from './known.ts';

export interface ReadPolicy extends KnownPolicy {
  readonly properties: JsonObject;
  /** Of the API. */
  readonly version: string;
}

/** The policy, and the firewalls that its rules get to. */
export async function readPolicy(azure: Azure): Promise<ReadPolicy> {
  const path = policyPath(azure.config);
  const { body, version } = await azure.ask({ method: 'GET', path, template: templates.policy });
  const properties = propertiesIn(body);
  const below = await eachOf(idsIn(properties['childPolicies']), async (id) => {
    const child = azure.ask({ method: 'GET', path: id, template: templates.policy });
    const found = await unlessRefused(child, 'forbidden', 'not-found');
    return found === undefined ? [] : idsIn(propertiesIn(found.body)['firewalls']);
  });
  const ids = new Set([...idsIn(properties['firewalls']), ...below.flat()]);
  return {
    id: textOf(body['id']) || path,
    location: textOf(body['location']),
    state: stateIn(body),
    properties,
    version,
    firewalls: await eachOf([...ids], async (id) => readFirewall(azure, id)),
  };
}

/** @param policy its id */
export async function readCollectionGroups({ ask, config }: Azure, policy: string): Promise<readonly JsonObject[]> {
  return allPages(ask, config, { path: `${policy}/ruleCollectionGroups`, template: templates.collectionGroups });
}

async function readFirewall({ ask }: Azure, id: string): Promise<KnownFirewall> {
  const asked = ask({ method: 'GET', path: id, template: templates.firewall });
  const { body = {} } = (await unlessRefused(asked, 'forbidden', 'not-found')) ?? {};
  const containers = objectOf(propertiesIn(body)['afcConfiguration']);
  return { id, state: stateIn(body), followsPods: textOf(containers['serviceEndpoint']) !== '' };
}

/**
 * Nothing is written while another update is in progress, of any client: a firewall takes one at a time.
 *
 * @throws AdapterError `busy` while it is
 */
export async function expectIdle(azure: Azure, { firewalls, id }: KnownPolicy): Promise<void> {
  const { body } = await azure.ask({ method: 'GET', path: policyPath(azure.config), template: templates.policy });
  const states = await eachOf(firewalls, async (firewall) => readFirewall(azure, firewall.id));
  const busy = [{ id, state: stateIn(body) }, ...states].find(({ state }) => statesInProgress.has(state));
  if (busy === undefined) return;
  const message = `${kindOf(busy)} ${nameIn(busy.id)} is ${busy.state}: a firewall takes one update at a time, and this one waits until it has ended.`;
  throw new AdapterError('busy', message, { retryAfterMs: 20_000 });
}

/** `Firewall` or `Policy`, by an id. */
export function kindOf({ id }: Pick<Held, 'id'>): string {
  return /\/azureFirewalls\//i.test(id) ? 'Firewall' : 'Policy';
}

export function propertiesIn(body: JsonObject): JsonObject {
  return isObject(body['properties']) ? body['properties'] : {};
}

export function stateIn(body: JsonObject): string {
  return textOf(propertiesIn(body)['provisioningState']);
}

/** Ids as they may be asked for: nothing but the path of a resource. */
export function idsIn(list: JsonObject[string] | undefined): readonly string[] {
  return objectsIn(list).flatMap(({ id }) =>
    /^\/subscriptions\/[\p{L}\p{N}_./()-]+$/u.test(textOf(id)) ? [textOf(id)] : [],
  );
}
