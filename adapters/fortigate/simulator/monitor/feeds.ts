import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { bodyOf } from '../call.ts';
import type { Device } from '../device.ts';
import { badRequest, notFound } from '../failure.ts';
import { scalar, textAt, type Row } from '../row.ts';
import type { Store } from '../store.ts';
import { fillGenericAddresses } from './generic-addresses.ts';
import type { Endpoints, Observation } from './monitor.ts';

const table = 'system/external-resource';

export const feedEndpoints: Endpoints = {
  [`POST ${table}/dynamic`]: { group: 'sysgrp.cfg', answer: push },
  [`POST ${table}/refresh`]: {
    group: 'sysgrp.cfg',
    answer: ({ call, store }) => {
      feedOf(store, bodyOf(call)['mkey']);
      return { fields: { results: { status: 'success' } } };
    },
  },
  [`GET ${table}/entry-list`]: { group: 'sysgrp.cfg', answer: (seen) => ({ fields: { results: entryList(seen) } }) },
  [`POST ${table}/generic-address`]: {
    group: 'sysgrp.cfg',
    answer: ({ device, call, store }) => {
      if (!device.settings.profile.genericAddress) throw notFound();
      const body = bodyOf(call);
      fillGenericAddresses(device.workspace(store), feedOf(store, body['mkey']), body['data']);
      return { fields: { results: { status: 'success' } }, wrote: true };
    },
  },
};

function feedOf(store: Store, mkey: unknown): Row {
  const row = store.get(table, typeof mkey === 'string' ? mkey : '');
  if (row === undefined) throw notFound();
  return row;
}

/** `commands: [{name, command: snapshot|add|remove, entries}]`: each is answered by itself. */
function push({ device, call, store }: Observation): { readonly fields: JsonObject; readonly wrote: boolean } {
  if (!device.settings.profile.pushFeed) throw notFound();
  const { commands } = bodyOf(call);
  if (!Array.isArray(commands)) throw badRequest('commands is missing');
  const results = (commands as readonly Json[]).map((command) => carryOut(device, store, asObject(command)));
  return { fields: { results }, wrote: results.some((result) => result['status'] === 'success') };
}

function asObject(value: Json): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};
}

function carryOut(device: Device, store: Store, given: JsonObject): JsonObject {
  const { name = '', command = '', entries } = given;
  const answer = (error: string, invalidEntries: readonly string[] = []): JsonObject => ({
    name,
    command,
    status: error === '' ? 'success' : 'error',
    ...(error === '' ? {} : { error }),
    invalidEntries,
  });
  const row = store.get(table, scalar(name));
  if (row === undefined) return answer('entry not found');
  if (row['update-method'] !== 'push') return answer('update method is not push');
  if (!['snapshot', 'add', 'remove'].includes(scalar(command))) return answer('unknown command');
  if (!Array.isArray(entries)) return answer('entries is missing');
  const wanted = (entries as readonly Json[]).map((entry) => scalar(entry));
  const feed = store.writeFeed(textAt(row, 'name'), device.settings.now(), command === 'snapshot');
  const invalid = wanted.filter((entry) => !(command === 'remove' ? feed.remove(entry) : feed.add(entry)));
  feed.truncate(capacity(device, store, textAt(row, 'name')));
  return answer('', invalid);
}

/** How many entries this feed may have, beside what the others take. What is over is cut off, and nobody is told. */
function capacity(device: Device, store: Store, name: string): number {
  const { limit, scope } = device.settings.profile.feedEntries;
  const most = device.settings.feedEntries ?? limit;
  if (scope === 'feed') return most;
  const others = [...store.feeds()].filter(([other]) => other !== name);
  return Math.max(0, most - others.reduce((sum, [, feed]) => sum + feed.size, 0));
}

function entryList({ device, call, store }: Observation): JsonObject {
  const row = feedOf(store, call.query.get('mkey'));
  const name = textAt(row, 'name');
  const feed = store.feed(name);
  const entries = feed?.entries() ?? [];
  const limit = capacity(device, store, name);
  const countsOnly = ['true', '1'].includes(call.query.get('counts_only') ?? '');
  return {
    status: 'success',
    resource_file_status: feed === undefined ? 'not found' : 'valid',
    last_content_update_time: Math.floor((feed?.updatedAt ?? 0) / 1_000),
    last_conn_success_time: Math.floor((feed?.updatedAt ?? 0) / 1_000),
    valid_count: entries.length,
    invalid_count: 0,
    accepted_count: entries.length,
    accepted_limit: limit,
    overflow: feed?.overflowed === true,
    ...(countsOnly ? {} : { entries: entries.map((entry) => ({ entry, valid: true })) }),
  };
}
