import { isObject, scalar, textAt, textsAt } from '../../../../kit/simulator/tables/rows.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { bodyOf } from '../api/call.ts';
import { badRequest, notFound, refused } from '../api/failure.ts';
import type { Row } from '../tables/schema.ts';
import type { Endpoints, Observation } from './endpoint.ts';
import { fillGenericAddresses } from './generic-addresses.ts';

const table = 'system/external-resource';
const group = 'sysgrp.cfg';

export const feedEndpoints: Endpoints = {
  [`POST ${table}/dynamic`]: {
    group,
    in: ({ pushFeed }) => pushFeed,
    answer: push,
    wrote: (results) => (results as readonly JsonObject[]).some((result) => result['status'] === 'success'),
  },
  [`POST ${table}/refresh`]: {
    group,
    answer: (seen) => {
      feedOf(seen, bodyOf(seen.call)['mkey']);
      return { status: 'success' };
    },
  },
  [`GET ${table}/entry-list`]: { group, answer: entryList },
  [`POST ${table}/generic-address`]: {
    group,
    in: ({ genericAddress }) => genericAddress,
    wrote: () => true,
    answer: (seen) => {
      const { mkey, data } = bodyOf(seen.call);
      fillGenericAddresses(seen.device.workspace(seen.vdom), feedOf(seen, mkey), data);
      return { status: 'success' };
    },
  },
};

function feedOf({ vdom }: Observation, mkey: unknown): Row {
  const row = vdom.tables.get(table, typeof mkey === 'string' ? mkey : '');
  if (row === undefined) throw notFound();
  return row;
}

/** `commands: [{name, command: snapshot|add|remove, entries}]`: each is answered by itself. */
function push(seen: Observation): readonly JsonObject[] {
  const { device, call } = seen;
  const { commands } = bodyOf(call);
  if (!Array.isArray(commands)) throw badRequest('commands is missing');
  const given = (commands as readonly unknown[]).map((command) => (isObject(command) ? command : {}));
  if (given.some((command) => device.refused.has(`${table} ${textAt(command, 'name')}`))) throw refused();
  return given.map((command) => carryOut(seen, command));
}

function carryOut({ device, vdom }: Observation, given: JsonObject): JsonObject {
  const { name = '', command = '' } = given;
  const answer = (error: string, invalidEntries: readonly string[] = []): JsonObject => ({
    name,
    command,
    status: error === '' ? 'success' : 'error',
    ...(error === '' ? {} : { error }),
    invalidEntries,
  });
  const row = vdom.tables.get(table, scalar(name));
  if (row === undefined) return answer('entry not found');
  if (row['update-method'] !== 'push') return answer('update method is not push');
  if (command !== 'snapshot' && command !== 'add' && command !== 'remove') return answer('unknown command');
  if (!Array.isArray(given['entries'])) return answer('entries is missing');
  const feed = textAt(row, 'name');
  const limits = { at: device.settings.now(), capacity: capacity({ device, vdom }, feed) };
  return answer('', vdom.feeds.write(feed, command, textsAt(given, 'entries'), limits));
}

/** How many entries this feed may have, beside what the others take. The excess is cut off, without an error. */
function capacity({ device, vdom: { feeds } }: Pick<Observation, 'device' | 'vdom'>, name: string): number {
  const { limit, scope } = device.settings.profile.feedEntries;
  const most = device.settings.feedEntries ?? limit;
  if (scope === 'feed') return most;
  const others = feeds.names().filter((other) => other !== name);
  return Math.max(0, most - others.reduce((sum, other) => sum + feeds.size(other), 0));
}

function entryList(seen: Observation): JsonObject {
  const { query } = seen.call;
  const { feeds } = seen.vdom;
  const name = textAt(feedOf(seen, query.get('mkey')), 'name');
  const update = feeds.lastUpdate(name);
  const seconds = Math.floor((update?.at ?? 0) / 1_000);
  const countsOnly = ['true', '1'].includes(query.get('counts_only') ?? '');
  return {
    status: 'success',
    resource_file_status: update === undefined ? 'not found' : 'valid',
    last_content_update_time: seconds,
    last_conn_success_time: seconds,
    valid_count: feeds.size(name),
    invalid_count: 0,
    accepted_count: feeds.size(name),
    accepted_limit: capacity(seen, name),
    overflow: update?.overflowed === true,
    ...(countsOnly ? {} : { entries: feeds.entries(name).map((entry) => ({ entry, valid: true })) }),
  };
}
