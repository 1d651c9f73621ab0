import { isClass } from '../../../../../kit/common/api/answers.ts';
import { atLeast } from '../../../../../kit/common/api/version.ts';
import type { Capabilities } from '../../../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../../src/core/model/json.ts';
import type { Ask } from '../../../api/client.ts';
import { attributesIn, positive, type Descriptions } from '../../../api/descriptions.ts';
import type { FortigateConfig } from '../../../config.ts';
import { tables } from '../../../objects/names.ts';
import { hasTransactions } from '../../write/transaction.ts';

type Choice = Capabilities['choices'][string];

/** A device with fewer feeds than this is treated as too small to give every group one. */
const fewestFeeds = 64;

/** @param feeds the description of the table of feeds, or why there can be no pushed ones */
export function chooseCarrier(
  feeds: JsonObject | AdapterError | undefined,
  config: FortigateConfig,
  version: string,
): Choice {
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

export async function readFeedSchema(
  ask: Ask,
  described: Descriptions,
  version: string,
): Promise<JsonObject | AdapterError> {
  if (!atLeast(version, '7.2.1')) {
    return new AdapterError('unsupported', `Pushed feeds exist since FortiOS 7.2.1; this is ${version}.`);
  }
  try {
    const schema = await described.of(ask, tables.feed);
    if ('update-method' in attributesIn(schema)) return schema;
    return new AdapterError('unsupported', 'This build has no update-method for external resources.');
  } catch (error) {
    if (isClass(error, 'forbidden', 'not-found', 'unsupported')) return error;
    throw error;
  }
}

export async function chooseTransactions(ask: Ask, config: FortigateConfig, version: string): Promise<Choice> {
  if (config.transactions === 'off') return { value: 'off', reason: 'config.transactions says so.' };
  if (config.transactions === 'auto' && !atLeast(version, '7.4.1')) {
    return {
      value: 'off',
      reason: `FortiOS ${version} does not show who opened a transaction, so a transaction left by a crash would block all changes until it times out.`,
    };
  }
  if (await hasTransactions(ask)) return { value: 'on', reason: 'The device lists its batch transactions.' };
  return {
    value: 'off',
    reason: 'The device does not answer to transaction-list; changes are made one by one, in a safe order.',
  };
}

/** A date without a time zone means the device's own, which we do not know: a policy's is used in UTC only. */
export async function chooseExpiry(ask: Ask, described: Descriptions, policyFields: JsonObject): Promise<Choice> {
  if ('policy-expiry-date-utc' in policyFields)
    return { value: 'policy', reason: 'Policies end by themselves, in UTC.' };
  try {
    await described.of(ask, tables.schedule);
  } catch (error) {
    if (!isClass(error, 'forbidden', 'not-found')) throw error;
    return { value: 'none', reason: `Only the controller ends rules: ${error.message}` };
  }
  return {
    value: 'schedule',
    reason:
      'Policies have no end in UTC here: a one-time schedule ends them within 26 hours, in time the controller does.',
  };
}
