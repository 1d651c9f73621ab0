import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { Json, JsonObject } from '../../src/core/model/json.ts';
import { isClass, type Ask } from './client.ts';
import type { FortigateConfig } from './config.ts';
import { rowsOf } from './envelope.ts';
import { tables, type Table } from './names.ts';
import { textOf } from './native.ts';
import { hasTransactions } from './transaction.ts';
import { unprobed } from './unprobed.ts';

type Choice = Capabilities['choices'][string];

/**
 * Version, limits and permissions, by reads that change nothing. What is not documented for a version is looked for
 * here and not assumed.
 *
 * @throws AdapterError `unsupported` for FortiOS before 6.4, `forbidden` naming the access group that is missing,
 *   `unsupported` for a device that a FortiManager manages, unless the config allows it
 */
export async function probe(ask: Ask, config: FortigateConfig): Promise<Capabilities> {
  const status = await ask({ method: 'GET', base: 'monitor', table: 'system/status' });
  const version = textOf(status.version).replace(/^v/, '');
  if (!atLeast(version, 6, 4)) {
    throw new AdapterError(
      'unsupported',
      `FortiOS ${version || 'of unknown version'} is too old: one policy table for IPv4 and IPv6 exists since 6.4.`,
    );
  }
  const schemas = await readSchemas(ask);
  const expiry = await chooseExpiry(ask, childrenOf(schemas.get(tables.policy)));
  const feeds = config.carrier === 'objects' ? undefined : await readFeedSchema(ask, version);
  if (feeds !== undefined && !(feeds instanceof AdapterError)) schemas.set(tables.feed, feeds);
  const transactions = await chooseTransactions(ask, config, version);
  const carrier = chooseCarrier(feeds, config, version);
  return {
    ...unprobed,
    version,
    emptyGroup: atLeast(version, 7, 2) ? 'nothing' : 'refused',
    transactions: transactions.value === 'on',
    maxMembersPerGroup: membersPerGroup(schemas),
    maxObjects: limitsIn(schemas),
    expiry: expiry.value !== 'none',
    // A push goes past the configuration; members of groups are changed with what was read of them in mind.
    sendWhileReading: carrier.value === 'pushFeed',
    choices: {
      carrier,
      expiry,
      transactions,
      fortimanager: await checkManager(ask, config),
      names,
    },
  };
}

const names: Choice = {
  value: 'by address',
  reason:
    'A FortiGate resolves a name itself and compares addresses; another name at the same address is permitted with it.',
};

/** Is `7.2.8` at least `7.2.1`? */
export function atLeast(version: string, ...bound: readonly number[]): boolean {
  const parts =
    /^v?(\d+)\.(\d+)(?:\.(\d+))?/
      .exec(version)
      ?.slice(1)
      .map((part) => Number(part || 0)) ?? [];
  for (const [index, wanted] of bound.entries()) {
    const part = parts[index] ?? -1;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

type Schemas = Map<Table, JsonObject>;

const written: readonly Table[] = [
  tables.address,
  tables.address6,
  tables.group,
  tables.group6,
  tables.service,
  tables.policy,
];

/** The description of a table needs the permission to read it, and has its limits on this very device. */
async function readSchemas(ask: Ask): Promise<Schemas> {
  const described = await Promise.all(
    written.map(async (table) => {
      const envelope = await ask({ method: 'GET', base: 'cmdb', table, query: { action: 'schema' } });
      return [table, rowsOf(envelope)[0] ?? {}] as const;
    }),
  );
  return new Map(described);
}

function limitsIn(schemas: Schemas): Readonly<Record<string, number>> {
  const limits = [...schemas].map(([table, schema]) => [table, positive(schema['max_table_size_vdom'])] as const);
  return Object.fromEntries(limits.filter((entry): entry is readonly [Table, number] => entry[1] !== undefined));
}

function membersPerGroup(schemas: Schemas): number {
  const told = [tables.group, tables.group6].flatMap((table) => {
    const member = childrenOf(schemas.get(table))['member'];
    return isObject(member) ? (positive(member['max_table_size_item']) ?? []) : [];
  });
  return told.length === 0 ? unprobed.maxMembersPerGroup : Math.max(16, Math.min(...told));
}

/** A device with fewer feeds than this is taken for too small to give every group one. */
const fewestFeeds = 64;

/** @param feeds the description of the table of feeds, or why there can be no pushed ones */
function chooseCarrier(feeds: JsonObject | AdapterError | undefined, config: FortigateConfig, version: string): Choice {
  if (config.carrier === 'objects') return { value: 'objects', reason: 'config.carrier says so.' };
  if (config.carrier === 'pushFeed') {
    if (feeds instanceof AdapterError) throw feeds;
    return { value: 'pushFeed', reason: 'config.carrier says so.' };
  }
  if (feeds instanceof AdapterError) return { value: 'objects', reason: feeds.message };
  const limit = positive(feeds?.['max_table_size_vdom']);
  if (limit !== undefined && limit < fewestFeeds) {
    return { value: 'objects', reason: `This device holds ${limit} feeds only, and every group would need one.` };
  }
  return {
    value: 'pushFeed',
    reason: `FortiOS ${version} takes pushed feeds: one call for any number of addresses, without a configuration change.`,
  };
}

async function readFeedSchema(ask: Ask, version: string): Promise<JsonObject | AdapterError> {
  if (!atLeast(version, 7, 2, 1)) {
    return new AdapterError('unsupported', `Pushed feeds exist since FortiOS 7.2.1; this is ${version}.`);
  }
  try {
    const answer = await ask({ method: 'GET', base: 'cmdb', table: tables.feed, query: { action: 'schema' } });
    const [schema = {}] = rowsOf(answer);
    if ('update-method' in childrenOf(schema)) return schema;
    return new AdapterError('unsupported', 'This build has no update-method for external resources.');
  } catch (error) {
    if (error instanceof AdapterError && isClass(error, 'forbidden', 'not-found', 'unsupported')) return error;
    throw error;
  }
}

async function chooseTransactions(ask: Ask, config: FortigateConfig, version: string): Promise<Choice> {
  if (config.transactions === 'off') return { value: 'off', reason: 'config.transactions says so.' };
  if (config.transactions === 'auto' && !atLeast(version, 7, 4, 1)) {
    return {
      value: 'off',
      reason: `FortiOS ${version} does not show whose an open transaction is: one that a crash left would block all changes until its time is up.`,
    };
  }
  if (await hasTransactions(ask)) return { value: 'on', reason: 'The device lists its batch transactions.' };
  return {
    value: 'off',
    reason: 'The device does not answer to transaction-list; changes are made one by one, in a safe order.',
  };
}

/** A date without a time zone means the device's own, which we do not know: a policy's is used in UTC only. */
async function chooseExpiry(ask: Ask, policyFields: JsonObject): Promise<Choice> {
  if ('policy-expiry-date-utc' in policyFields)
    return { value: 'policy', reason: 'Policies end by themselves, in UTC.' };
  try {
    await ask({ method: 'GET', base: 'cmdb', table: tables.schedule, query: { action: 'schema' } });
  } catch (error) {
    if (!(error instanceof AdapterError) || !isClass(error, 'forbidden', 'not-found')) throw error;
    return { value: 'none', reason: `Only the controller ends rules: ${error.message}` };
  }
  return {
    value: 'schedule',
    reason:
      'Policies have no end in UTC here: a one-time schedule ends them within 26 hours, in time the controller does.',
  };
}

/** A FortiManager's next install removes what was written past it. */
async function checkManager(ask: Ask, config: FortigateConfig): Promise<Choice> {
  const managed = await isManaged(ask);
  if (managed === undefined)
    return { value: 'unknown', reason: 'The API user may not read whether a FortiManager manages this device.' };
  if (!managed) return { value: 'no', reason: 'No FortiManager has registered this device.' };
  if (config.allowFortiManagerManaged)
    return {
      value: 'yes',
      reason: 'A FortiManager manages this device; config.allowFortiManagerManaged lets us write all the same.',
    };
  throw new AdapterError(
    'unsupported',
    'A FortiManager manages this device, and its next install would remove what we write. Release it there, or set config.allowFortiManagerManaged.',
  );
}

async function isManaged(ask: Ask): Promise<boolean | undefined> {
  try {
    const [status] = rowsOf(await ask({ method: 'GET', base: 'monitor', table: 'system/fortimanager/status' }));
    return textOf(status?.['registration']) === 'registered';
  } catch (error) {
    if (isClass(error, 'forbidden', 'not-found', 'unsupported', 'invalid')) return undefined;
    throw error;
  }
}

function childrenOf(schema: JsonObject | undefined): JsonObject {
  const children = schema?.['children'];
  return isObject(children) ? children : {};
}

function positive(value: Json | undefined): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
