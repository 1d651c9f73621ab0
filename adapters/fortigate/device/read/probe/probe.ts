import { minOf } from '../../../../../src/core/model/extremes.ts';
import { isObject, textOf } from '../../../../../kit/common/api/json.ts';
import type { Capabilities } from '../../../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../../src/core/model/json.ts';
import type { Ask } from '../../../api/client.ts';
import { attributesIn, positive, type Descriptions } from '../../../api/descriptions.ts';
import { tables, type Table } from '../../../objects/names.ts';
import { ofVersion, unprobed } from '../../../unprobed.ts';
import { chooseCarrier, chooseExpiry, chooseTransactions, readFeedSchema } from './choices.ts';
import type { Fortigate } from '../../device.ts';
import { checkPrimary } from '../redundancy.ts';
import { checkManager } from './fortimanager.ts';
import { checkMode } from './mode.ts';
import { checkSaving } from './saving.ts';

/**
 * Version, limits and permissions, by reads that change nothing. What is not documented for a version is looked for
 * here and not assumed.
 *
 * @throws AdapterError `unsupported` for FortiOS before 6.4, `forbidden` naming the access group that is missing,
 *   `unsupported` for a device that a FortiManager manages, unless the config allows it, for a policy-based VDOM, and
 *   where changes are taken back; `busy` on a unit of a cluster that is not its primary
 */
export async function probe({ ask, config }: Fortigate, described: Descriptions): Promise<Capabilities> {
  described.forget();
  const status = await ask({ method: 'GET', base: 'monitor', table: 'system/status' });
  const version = textOf(status.version).replace(/^v/, '');
  const known = ofVersion(version);
  const redundancy = await checkPrimary(ask, version);
  const mode = await checkMode(ask, config);
  const saving = await checkSaving(ask);
  const schemas = await readSchemas(ask, described);
  const expiry = await chooseExpiry(ask, described, attributesIn(schemas.get(tables.policy)));
  const feeds = config.carrier === 'objects' ? undefined : await readFeedSchema(ask, described, version);
  if (feeds !== undefined && !(feeds instanceof AdapterError)) schemas.set(tables.feed, feeds);
  const transactions = await chooseTransactions(ask, config, version);
  const carrier = chooseCarrier(feeds, config, version);
  return {
    ...unprobed,
    ...known,
    transactions: transactions.value === 'on',
    maxMembersPerGroup: membersPerGroup(schemas),
    maxObjects: limitsIn(schemas),
    // A push goes past the configuration; members of groups are changed with what was read of them in mind.
    sendWhileReading: carrier.value === 'pushFeed',
    ...inFlight(carrier.value, transactions.value === 'on', config.maxConcurrency),
    choices: {
      carrier,
      expiry,
      transactions,
      fortimanager: await checkManager(ask, config, version),
      mode,
      redundancy,
      saving,
      names,
    },
  };
}

/**
 * Calls that one device is asked to deal with at once. A push names the entries that it adds or removes and nothing else
 * (FortiOS 7.2.1, New Features, "Using the REST API to push updates to external threat feeds"), so that pushes of
 * different entries may come in any order. Address objects are made side by side by Fortinet's own Terraform provider,
 * too: its users report that it is answered 429 (fortinetdev/terraform-provider-fortios, issue 110) and that one object of
 * hundreds was read as absent when it had just been made (388), and no lost one. Of several writers to one group nothing
 * is said: groups change one call at a time. A transaction locks its tables. No document bounds how many calls there may
 * be; 429 is an answer that is heeded.
 */
const mostInFlight = 4;

function inFlight(
  carrier: string,
  transactions: boolean,
  most: number,
): Pick<Capabilities, 'callsInFlight' | 'memberCallsInFlight'> {
  const callsInFlight = Math.min(mostInFlight, most);
  if (carrier === 'pushFeed') return { callsInFlight };
  return transactions || callsInFlight === 1 ? { callsInFlight: 1 } : { callsInFlight, memberCallsInFlight: 1 };
}

const names: Capabilities['choices'][string] = {
  value: 'by address',
  reason:
    'A FortiGate resolves a name itself and compares addresses; another name at the same address is permitted with it.',
};

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
async function readSchemas(ask: Ask, described: Descriptions): Promise<Schemas> {
  return new Map(await Promise.all(written.map(async (table) => [table, await described.of(ask, table)] as const)));
}

function limitsIn(schemas: Schemas): Readonly<Record<string, number>> {
  const limits = [...schemas].map(([table, schema]) => [table, positive(schema['max_table_size_vdom'])] as const);
  return Object.fromEntries(limits.filter((entry): entry is readonly [Table, number] => entry[1] !== undefined));
}

function membersPerGroup(schemas: Schemas): number {
  const told = [tables.group, tables.group6].flatMap((table) => {
    const member = attributesIn(schemas.get(table))['member'];
    return isObject(member) ? (positive(member['max_table_size_item']) ?? []) : [];
  });
  return told.length === 0 ? unprobed.maxMembersPerGroup : Math.max(16, minOf(told));
}
