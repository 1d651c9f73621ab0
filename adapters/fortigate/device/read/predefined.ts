import { isClass } from '../../../../kit/common/api/answers.ts';
import { namesIn, textOf } from '../../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Resource } from '../../../../src/core/model/resource.ts';
import { rowsOf } from '../../api/envelope.ts';
import { tables } from '../../objects/names.ts';
import type { Fortigate } from '../device.ts';

/*
 * Objects of the device that stand for everything, and that our policies name. An administrator can change them, as Fortinet says
 * of `none` ("Behavior of the firewall policy if Source is set to 'none'"), and they are not ours to set back.
 */

interface Predefined {
  readonly table: string;
  readonly name: string;
  /** Fields of policies that name it. */
  readonly fields: readonly string[];
  /** Does it still stand for everything? */
  readonly isWhole: (row: JsonObject) => boolean;
}

const week = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

const predefined: readonly Predefined[] = [
  {
    table: tables.address,
    name: 'all',
    fields: ['srcaddr', 'dstaddr'],
    isWhole: (row) => isOneOf(row, 'type', 'ipmask') && isOneOf(row, 'subnet', '0.0.0.0 0.0.0.0', '0.0.0.0/0'),
  },
  {
    table: tables.address6,
    name: 'all',
    fields: ['srcaddr6', 'dstaddr6'],
    isWhole: (row) => isOneOf(row, 'type', 'ipprefix') && isOneOf(row, 'ip6', '::/0'),
  },
  {
    table: tables.service,
    name: 'ALL',
    fields: ['service'],
    isWhole: (row) =>
      isOneOf(row, 'protocol', 'IP') && isOneOf(row, 'protocol-number', '0') && isOneOf(row, 'iprange', '0.0.0.0'),
  },
  {
    table: 'firewall.schedule/recurring',
    name: 'always',
    fields: ['schedule'],
    isWhole: (row) =>
      week.every((day) => textOf(row['day']).split(' ').includes(day)) &&
      ['start', 'end'].every((field) => isOneOf(row, field, '00:00')),
  },
];

export interface FoundPredefined {
  /** For a person: `firewall.service/custom ALL`. */
  readonly changed: readonly string[];
  /** Those that the access profile does not let Postern read. */
  readonly unread: readonly string[];
}

/** Those that policies name, as far as they are not what they are on a new device. */
export async function lookAtPredefined({ ask }: Fortigate, policies: readonly Resource[]): Promise<FoundPredefined> {
  const changed: string[] = [];
  const unread: string[] = [];
  for (const { table, name, fields, isWhole } of predefined) {
    const isNamed = policies.some(({ spec }) => fields.some((field) => namesOf(spec[field]).includes(name)));
    if (!isNamed) continue;
    try {
      const [row] = rowsOf(await ask({ method: 'GET', base: 'cmdb', table, keys: [name] }));
      if (row !== undefined && !isWhole(row)) changed.push(`${table} ${name}`);
    } catch (error) {
      if (isClass(error, 'forbidden')) unread.push(`${table} ${name}`);
      else if (!isClass(error, 'not-found')) throw error;
    }
  }
  return { changed, unread };
}

function namesOf(value: JsonObject[string] | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : namesIn(value);
}

/** What is not shown is as the device has it by itself. */
function isOneOf(row: JsonObject, field: string, ...values: readonly string[]): boolean {
  const value = textOf(row[field]);
  return value === '' || values.includes(value);
}
