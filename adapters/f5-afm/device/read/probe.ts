import { isClass } from '../../../../kit/common/api/answers.ts';
import { textOf } from '../../../../kit/common/api/json.ts';
import { atLeast } from '../../../../kit/common/api/version.ts';
import type { Capabilities } from '../../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Ask } from '../../api/client.ts';
import type { F5AfmConfig } from '../../config.ts';
import { contextNames, tables } from '../../objects/names.ts';
import { unprobed } from '../../unprobed.ts';
import { readBinding } from '../binding.ts';
import { itemsIn, type BigIp } from '../device.ts';
import { checkActive, syncStatus } from './redundancy.ts';

type Choice = Capabilities['choices'][string];

/**
 * Version, modules, permissions and what is at the places that the config names, by reads that change nothing.
 *
 * @throws AdapterError `unsupported` without AFM, where AS3 manages the partition, or where the config names what is not there; `forbidden` naming the
 *   permission that is missing; `busy` on a standby unit
 */
export async function probe({ ask, config }: BigIp): Promise<Capabilities> {
  const version = versionIn(await ask({ method: 'GET', collection: 'tm/sys' }));
  if (!atLeast(version, '12.0'))
    throw unsupported(`TMOS ${version || 'of unknown version'} is too old; 12.0 is the oldest.`);
  await checkModule(ask);
  const partition = await choosePartition(ask, config);
  const as3 = await chooseAs3(ask, config);
  await checkActive(ask);
  await checkTables(ask, config);
  const names = await chooseNames(ask, config);
  return {
    ...unprobed,
    version,
    domainNames: names.value === 'none' ? 'none' : 'exact',
    choices: {
      as3,
      partition,
      accept: chooseAccept(config),
      enforcement: await chooseEnforcement(ask, config),
      names,
      routeDomain: await chooseRouteDomain(ask, config),
      redundancy: await chooseRedundancy(ask, config),
    },
  };
}

/** `https://localhost/mgmt/tm/sys?ver=17.1.1`: the only place where the API tells it to every role. */
function versionIn(answer: JsonObject): string {
  return /[?&]ver=([0-9.]+)/.exec(textOf(answer['selfLink']))?.[1] ?? '';
}

/** Without a right to ask, the collections of AFM tell: they are not there. */
async function checkModule(ask: Ask): Promise<void> {
  const module = await absent(ask({ method: 'GET', collection: 'tm/sys/provision', object: 'afm' }));
  if (textOf(module?.['level']) === 'none') throw unprovisioned();
}

function unprovisioned(): AdapterError {
  return unsupported('AFM is not provisioned on this BIG-IP: tmsh modify sys provision afm level nominal.');
}

/** Postern creates its own partition with the first change that needs it; without the permission, the error says how to create it. */
async function choosePartition(ask: Ask, { partition }: F5AfmConfig): Promise<Choice> {
  const found = await absent(ask({ method: 'GET', collection: 'tm/auth/partition', object: partition }));
  if (found !== undefined) return { value: 'present', reason: `There is a partition ${partition}.` };
  return { value: 'missing', reason: `Partition ${partition} is made with the first change.` };
}

/** AS3 removes from a partition of its own whatever it did not declare. */
async function chooseAs3(ask: Ask, { partition }: F5AfmConfig): Promise<Choice> {
  if (partition === 'Common')
    return { value: 'no', reason: 'AS3 leaves all of Common alone but Common/Shared, which is not used.' };
  let declared: JsonObject | undefined;
  try {
    declared = await absent(ask({ method: 'GET', collection: 'shared/appsvcs/declare', object: partition }));
  } catch (error) {
    if (!isClass(error, 'forbidden')) throw error;
    return { value: 'unknown', reason: `Only an administrator may ask AS3 whether it manages partition ${partition}.` };
  }
  if (declared === undefined || Object.keys(declared).length === 0)
    return { value: 'no', reason: `AS3 does not manage partition ${partition}.` };
  throw unsupported(
    `AS3 manages partition ${partition}, and its next declaration would remove what Postern writes. Set config.partition to a partition that only Postern uses.`,
  );
}

/** What we read and write must be there for us; what is missing is told before anything is changed. */
async function checkTables(ask: Ask, config: F5AfmConfig): Promise<void> {
  const query = { $filter: `partition eq '${config.partition}'`, $select: 'name' };
  for (const table of [tables.addressList, tables.portList, tables.schedule, tables.ruleList, tables.policy]) {
    if ((await absent(ask({ method: 'GET', collection: `tm/${table}`, query }))) === undefined) throw unprovisioned();
  }
}

async function chooseNames(ask: Ask, { dnsResolver }: F5AfmConfig): Promise<Choice> {
  const policy = await absent(ask({ method: 'GET', collection: 'tm/security/firewall/global-fqdn-policy' }));
  const resolver = textOf(policy?.['dnsResolver']).replace(/^none$/, '');
  const remedy = 'tmsh modify security firewall global-fqdn-policy dns-resolver /Common/name';
  if (resolver === '')
    return { value: 'none', reason: `The global FQDN policy has no DNS resolver, so names cannot be used: ${remedy}` };
  if (dnsResolver !== undefined && dnsResolver !== resolver) {
    return { value: 'none', reason: `The global FQDN policy has ${resolver}, and config.dnsResolver ${dnsResolver}.` };
  }
  return {
    value: resolver,
    reason:
      'A BIG-IP resolves a name itself and compares addresses; another name at the same address is permitted with it.',
  };
}

function chooseAccept({ policy, context }: F5AfmConfig): Choice {
  if (policy === undefined && context !== 'global' && 'virtualServers' in context)
    return { value: 'accept', reason: 'No context is asked after the virtual server.' };
  return {
    value: 'accept-decisively',
    reason: 'What is accepted here must be accepted: accept alone would hand on to the contexts that follow.',
  };
}

async function chooseEnforcement(ask: Ask, config: F5AfmConfig): Promise<Choice> {
  if (config.policy === undefined)
    return { value: contextNames(config).join(', '), reason: "Postern's own policy is enforced in config.context." };
  const found = await absent(ask({ method: 'GET', collection: `tm/${tables.policy}`, object: config.policy }));
  if (found === undefined)
    throw unsupported(`There is no policy ${config.policy}, which config.policy names; create it.`);
  const [, home = ''] = config.policy.split('/');
  if (home !== config.partition && config.partition !== 'Common')
    throw unsupported(
      `Policy ${config.policy} cannot refer to a rule list in partition ${config.partition}: set config.partition to ${home}, or move the policy.`,
    );
  return {
    value: config.policy,
    reason: "config.policy gets one rule that refers to Postern's rules; you decide where the policy is enforced.",
  };
}

async function chooseRouteDomain(ask: Ask, config: F5AfmConfig): Promise<Choice> {
  for (const name of contextNames(config)) {
    const { row } = await readContext(ask, config, name);
    const id = row['id'];
    if (typeof id === 'number') return { value: `${id}`, reason: `The id of ${name}.` };
  }
  return { value: `${config.routeDomain}`, reason: 'config.routeDomain says so.' };
}

async function readContext(ask: Ask, config: F5AfmConfig, name: string): ReturnType<typeof readBinding> {
  try {
    return await readBinding(ask, config, name);
  } catch (error) {
    if (!isClass(error, 'not-found')) throw error;
    throw unsupported(`There is no ${name}, which config.context names.`);
  }
}

async function chooseRedundancy(ask: Ask, { syncToGroup }: F5AfmConfig): Promise<Choice> {
  const units = itemsIn(await ask({ method: 'GET', collection: 'tm/cm/device' })).length;
  const status = await syncStatus(ask);
  if (units < 2) return { value: 'standalone', reason: 'There is one unit.' };
  const how = syncToGroup === undefined ? 'is left to the device group' : `goes to ${syncToGroup} with every save`;
  return {
    value: 'active',
    reason: `This is the active one of ${units} units; synchronisation ${how}. Now: ${status || 'unknown'}.`,
  };
}

/** Undefined for what is not there, or whose service is not installed. */
async function absent(answer: Promise<JsonObject>): Promise<JsonObject | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isClass(error, 'not-found') || isUninstalled(error)) return undefined;
    throw error;
  }
}

/** If the framework answers, an unregistered path means that the module is not provisioned. */
function isUninstalled(error: unknown): boolean {
  return error instanceof AdapterError && error.details.status === 404;
}

function unsupported(message: string): AdapterError {
  return new AdapterError('unsupported', message);
}
