import { isClass, isUnknown, unlessRefused } from '../../../../kit/common/api/answers.ts';
import type { ChangeOf, Operations } from '../../../../kit/common/dispatch.ts';
import { textOf } from '../../../../kit/common/api/json.ts';
import type { SeenRule } from '../../../../kit/ordered-table/rule-sequence.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Place } from '../../../../src/core/model/plan.ts';
import { filterText, type Call } from '../../api/client.ts';
import { rowsOf, type Envelope } from '../../api/envelope.ts';
import { changedAttributes } from '../../objects/attributes.ts';
import { tables } from '../../objects/names.ts';
import { policyDefaults } from '../../objects/policy.ts';
import { edit, type Work } from '../device.ts';
import { isDuplicate, refuseForeign } from './entries.ts';

const table = tables.policy;

export const policyOperations: Operations<Work> = {
  create: createPolicy,
  update: (work, { key, before, after }) =>
    put(work, known(work, key.name).id, changedAttributes(before.spec, after.spec, work.inventory.initial(table))),
  move: (work, { key, place }) => move(work, known(work, key.name).id, place),
  delete: (work, { key }) => deletePolicy(work, key.name),
};

/**
 * A new policy is at the end of the table and not yet in its place: it is made disabled, moved, and then enabled.
 * Inside a transaction it is not visible before it is where it belongs.
 */
async function createPolicy(work: Work, change: ChangeOf<'create'>): Promise<void> {
  const { name } = change.key;
  const first = work.atomic ? change.after.spec : { ...change.after.spec, status: 'disable' };
  const id = await makePolicy(work, name, first);
  work.inventory.policies.put({ id, name, ours: true, enabled: work.atomic, denies: false });
  await move(work, id, change.place ?? { after: null });
  if (work.atomic) return;
  await put(work, id, { status: 'enable' });
  work.inventory.policies.put({ id, name, ours: true, enabled: true, denies: false });
}

async function deletePolicy(work: Work, name: string): Promise<void> {
  const policy = work.inventory.policies.find(name);
  // An unfinished policy that a creation has in the meantime taken over is no longer one.
  if (policy === undefined || (name.startsWith('#') && policy.name !== '' && policy.enabled)) return;
  await removePolicy(work, policy);
}

/** The id of a new policy. One of ours that was left unfinished goes first: who knows what has been set in it since? */
async function makePolicy(work: Work, name: string, spec: JsonObject): Promise<string> {
  await removePolicy(work, work.inventory.policies.find(name));
  const post: Call = { method: 'POST', base: 'cmdb', table, body: { name, ...newAttributes(work, spec) } };
  try {
    return await idOf(work, name, await work.ask(post));
  } catch (error) {
    if (!isUnknown(error) && !isDuplicate(error)) throw error;
    const found = await find(work, name);
    if (found === undefined && !isUnknown(error)) throw error;
    await removePolicy(work, found);
    return await idOf(work, name, await work.ask(post));
  }
}

async function removePolicy(work: Work, policy: SeenRule | undefined): Promise<void> {
  if (policy === undefined) return;
  await unlessRefused(edit(work.ask, { method: 'DELETE', table, keys: [policy.id] }), 'not-found');
  work.inventory.policies.drop(policy.id);
}

/** @throws AdapterError `foreign-owned` for a policy of that name without our mark */
async function find(work: Work, name: string): Promise<SeenRule | undefined> {
  const query = { filter: `name==${filterText(name)}`, format: 'policyid|name|comments|status' };
  const rows = rowsOf(await work.ask({ method: 'GET', base: 'cmdb', table, query }));
  const row = rows.find((candidate) => candidate['name'] === name);
  if (row === undefined) return undefined;
  refuseForeign(work, table, name, textOf(row['comments']));
  return { id: textOf(row['policyid']), name, ours: true, enabled: textOf(row['status']) !== 'disable', denies: false };
}

async function move(work: Work, id: string, place: Place): Promise<void> {
  const at = work.inventory.policies.placeOf(id, place, work.config.anchor);
  if (at === undefined) return;
  const query = 'before' in at ? { action: 'move', before: at.before } : { action: 'move', after: at.after };
  await patiently(work, { method: 'PUT', table, keys: [id], query });
  work.inventory.policies.move(id, at);
}

async function put(work: Work, id: string, body: JsonObject): Promise<void> {
  if (Object.keys(body).length > 0) await patiently(work, { method: 'PUT', table, keys: [id], body });
}

const attempts = 3;
const betweenAttemptsMs = 300;

/** What was just created is on some builds not found by the next request; it is a moment later. */
async function patiently(work: Work, call: Parameters<typeof edit>[1]): Promise<Envelope> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await edit(work.ask, call);
    } catch (error) {
      if (attempt === attempts || !isClass(error, 'not-found')) throw error;
      await work.clock.sleep(betweenAttemptsMs);
    }
  }
}

/** Of a new policy only what differs from what the device gives it, and what FortiOS demands. */
function newAttributes({ inventory }: Work, spec: JsonObject): JsonObject {
  const fresh = inventory.watches.get(table)?.spec({}) ?? policyDefaults;
  return { action: spec['action'] ?? 'deny', ...changedAttributes(fresh, spec, inventory.initial(table)) };
}

function known(work: Work, name: string): SeenRule {
  const policy = work.inventory.policies.find(name);
  if (policy === undefined) throw new AdapterError('not-found', `${table} ${name} is not there.`);
  return policy;
}

/** Some builds answer 0 for a policy that they have made, as 7.4.12 is reported to (terraform-provider-fortios, issue 434). */
async function idOf(work: Work, name: string, { mkey = 0 }: Envelope): Promise<string> {
  const id = `${mkey}` === '0' ? (await find(work, name))?.id : `${mkey}`;
  if (id !== undefined) return id;
  throw new AdapterError('transient', `${table}: the device does not say which id the new policy has.`, {
    outcomeUnknown: true,
  });
}
