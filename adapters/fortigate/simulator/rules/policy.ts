import { duplicate, emptyValue, incomplete, invalid } from '../api/failure.ts';
import { namesAt, textAt } from '../../../../kit/simulator/tables/rows.ts';
import type { CheckContext, Row } from '../tables/schema.ts';
import { expiryClock } from './schedule.ts';

export function checkPolicy(row: Row, context: CheckContext): void {
  requireSome(row, context, ['srcintf']);
  requireSome(row, context, ['dstintf']);
  if (row['internet-service-src'] !== 'enable') requireSome(row, context, ['srcaddr', 'srcaddr6']);
  if (row['internet-service'] !== 'enable') {
    requireSome(row, context, ['dstaddr', 'dstaddr6']);
    requireSome(row, context, ['service']);
  }
  if (row['schedule'] === '') throw 'schedule' in context.given ? emptyValue('schedule') : incomplete('schedule');
  checkName(textAt(row, 'name'), context);
  checkFeeds(row, context);
  if (
    row['policy-expiry'] === 'enable' &&
    Object.keys(context.given).some((field) => field.startsWith('policy-expiry'))
  ) {
    const date = textAt(row, 'policy-expiry-date');
    if (Number.isNaN(expiryClock.read(date))) throw invalid(date);
  }
}

/** At least one of these lists has entries. */
function requireSome(row: Row, { given }: CheckContext, fields: readonly [string, ...string[]]): void {
  if (fields.some((field) => namesAt(row, field).length > 0)) return;
  throw fields.some((field) => field in given) ? emptyValue(fields[0]) : incomplete(fields[0]);
}

function checkName(name: string, { store, key }: CheckContext): void {
  if (name === '') return;
  for (const [other, row] of store.rows('firewall/policy')) {
    if (other !== key && row['name'] === name) throw duplicate(name, -15);
  }
}

/** Only feeds of addresses are addresses. */
function checkFeeds(row: Row, { store }: CheckContext): void {
  for (const field of ['srcaddr', 'dstaddr', 'srcaddr6', 'dstaddr6']) {
    const family = field.endsWith('6') ? '6' : '';
    for (const name of namesAt(row, field)) {
      const feed = store.get('system/external-resource', name);
      const address = store.has(`firewall/address${family}`, name) || store.has(`firewall/addrgrp${family}`, name);
      if (feed !== undefined && !address && feed['type'] !== 'address') throw invalid(name, `${name} is no address`);
    }
  }
}
