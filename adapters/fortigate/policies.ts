import { AdapterError } from '../../src/adapter/errors.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Change, Place } from '../../src/core/model/plan.ts';
import { filterText, isClass, isUnknown, type Call } from './client.ts';
import { repeatable, type Workplace } from './device.ts';
import { rowsOf, type Envelope } from './envelope.ts';
import type { KnownPolicy } from './inventory.ts';
import { ourSubject, tables } from './names.ts';
import { attributes, changedAttributes, policyDefaults, textOf } from './native.ts';
import { isDuplicate } from './objects.ts';
import { placeAt } from './place.ts';

const table = tables.policy;

/**
 * A new policy is at the end of the table and not yet in its place: it is made disabled, moved, and then enabled.
 * Inside a transaction nobody sees it before it is where it belongs.
 */
export async function createPolicy(work: Workplace, change: Change & { readonly op: 'create' }): Promise<void> {
  const { name } = change.key;
  const first = work.atomic ? change.after.spec : { ...change.after.spec, status: 'disable' };
  const id = await makePolicy(work, name, first);
  work.inventory.putPolicy({ id, name, ours: true, enabled: work.atomic, denies: false });
  await move(work, id, change.place ?? { after: null });
  if (work.atomic) return;
  await put(work, id, { status: 'enable' });
  work.inventory.putPolicy({ id, name, ours: true, enabled: true, denies: false });
}

export async function updatePolicy(work: Workplace, change: Change & { readonly op: 'update' }): Promise<void> {
  const { id } = known(work, change.key.name);
  await put(work, id, changedAttributes(change.before.spec, change.after.spec));
}

export async function movePolicy(work: Workplace, name: string, place: Place): Promise<void> {
  await move(work, known(work, name).id, place);
}

export async function deletePolicy(work: Workplace, name: string): Promise<void> {
  const policy = work.inventory.policy(name);
  // An unfinished policy that a creation has meanwhile taken over is no longer one.
  if (policy === undefined || (name.startsWith('#') && policy.name !== '' && policy.enabled)) return;
  try {
    await repeatable(work.ask, { method: 'DELETE', base: 'cmdb', table, keys: [policy.id] });
  } catch (error) {
    if (!isClass(error, 'not-found')) throw error;
  }
  work.inventory.dropPolicy(policy.id);
}

/** The id of the policy: of one that was left unfinished, of a new one, or of one whose creation was not answered. */
async function makePolicy(work: Workplace, name: string, spec: JsonObject): Promise<string> {
  const left = work.inventory.policy(name);
  if (left !== undefined) return await rewrite(work, left.id, spec);
  const body = { name, ...newAttributes(spec) };
  const post: Call = { method: 'POST', base: 'cmdb', table, body };
  try {
    return idIn(await work.ask(post));
  } catch (error) {
    if (!isUnknown(error) && !isDuplicate(error)) throw error;
    const found = await find(work, name);
    if (found !== undefined) return await rewrite(work, found.id, spec);
    if (!isUnknown(error)) throw error;
    return idIn(await work.ask(post));
  }
}

async function rewrite(work: Workplace, id: string, spec: JsonObject): Promise<string> {
  await put(work, id, attributes(spec), policyDefaults);
  return id;
}

/** @throws AdapterError `foreign-owned` for a policy of that name without our mark */
async function find(work: Workplace, name: string): Promise<KnownPolicy | undefined> {
  const query = { filter: `name==${filterText(name)}`, format: 'policyid|name|comments|status' };
  const rows = rowsOf(await work.ask({ method: 'GET', base: 'cmdb', table, query }));
  const row = rows.find((candidate) => candidate['name'] === name);
  if (row === undefined) return undefined;
  if (ourSubject(work.owner, textOf(row['comments'])) === undefined) {
    const message = `${table} ${name} is there already without our mark; it is left alone. Rename or remove it.`;
    throw new AdapterError('foreign-owned', message);
  }
  return { id: textOf(row['policyid']), name, ours: true, enabled: textOf(row['status']) !== 'disable', denies: false };
}

async function move(work: Workplace, id: string, place: Place): Promise<void> {
  const at = placeAt(work.inventory.policies(), id, place, work.config.anchor);
  if (at === undefined) return;
  const query = 'before' in at ? { action: 'move', before: at.before } : { action: 'move', after: at.after };
  await patiently(work, { method: 'PUT', base: 'cmdb', table, keys: [id], query });
  work.inventory.movePolicy(id, at);
}

/** @param known attributes of which those that this version does not have are left out */
async function put(work: Workplace, id: string, body: JsonObject, known: JsonObject = {}): Promise<void> {
  const sent = Object.fromEntries(
    Object.entries(body).filter(([field, value]) => !(field in known && optional.has(field) && value === known[field])),
  );
  if (Object.keys(sent).length === 0) return;
  await patiently(work, { method: 'PUT', base: 'cmdb', table, keys: [id], body: sent });
}

const attempts = 3;
const betweenAttemptsMs = 300;

/** What was just created is on some builds not found by the next request; it is a moment later. */
async function patiently(work: Workplace, call: Call): Promise<Envelope> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await repeatable(work.ask, call);
    } catch (error) {
      if (attempt === attempts || !isClass(error, 'not-found')) throw error;
      await work.clock.sleep(betweenAttemptsMs);
    }
  }
}

/** Fields that not every version has: not sent where they would say what is so anyway. */
const optional = new Set(
  Object.keys(policyDefaults).filter((field) => /negate|internet-service|expiry|users|groups/.test(field)),
);

/** Of a new policy only what differs from the defaults, and what FortiOS demands. */
function newAttributes(spec: JsonObject): JsonObject {
  return { action: spec['action'] ?? 'deny', ...changedAttributes(policyDefaults, spec) };
}

function known(work: Workplace, name: string): KnownPolicy {
  const policy = work.inventory.policy(name);
  if (policy === undefined) throw new AdapterError('not-found', `${table} ${name} is not there.`);
  return policy;
}

function idIn({ mkey }: Envelope): string {
  if (mkey !== undefined) return `${mkey}`;
  throw new AdapterError('transient', `${table}: the device does not say which id the new policy has.`, {
    outcomeUnknown: true,
  });
}
