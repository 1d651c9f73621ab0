import { textOf } from '../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { filterText, type Ask } from './client.ts';
import { rowsOf, type Envelope } from './envelope.ts';

/** Rows of a table, and whether these are all: the device says so when it stopped early. */
export interface Rows {
  readonly rows: readonly JsonObject[];
  readonly complete: boolean;
}

export const noRows: Rows = { rows: [], complete: true };

const mostPages = 1_000;
/** More than the largest table of any model holds. */
const mostRows = 500_000;

/** All rows of a table, page by page where the device makes pages. */
export async function readTable(ask: Ask, table: string, query: Readonly<Record<string, string>> = {}): Promise<Rows> {
  const rows: JsonObject[] = [];
  let start = 0;
  for (let page = 0; page < mostPages && rows.length < mostRows; page += 1) {
    const at: Readonly<Record<string, string>> = start === 0 ? {} : { start: `${start}` };
    const envelope = await ask({ method: 'GET', base: 'cmdb', table, query: { ...query, ...at } });
    for (const row of rowsOf(envelope)) rows.push(row);
    if (envelope.limit_reached !== true)
      return { rows, complete: (envelope.results ?? undefined) !== undefined && !lacks(envelope, page, rows.length) };
    if (envelope.next_idx === undefined || envelope.next_idx < start) break;
    start = envelope.next_idx + 1;
  }
  return { rows, complete: false };
}

/** A device was seen to count entries that it does not show (terraform-provider-fortios, issues 333 and 388); what it counts on a later page is not documented. */
function lacks({ matched_count: matched = 0 }: Envelope, page: number, rows: number): boolean {
  return page === 0 && rows < matched;
}

/** Rows without what is at its default; a device that does not know the parameter gives them whole. */
export const setAttributes = { 'exclude-default-values': 'true' } as const;

/** The rows whose name begins with a text, with the attributes that are not at their default. */
export async function readNamed(ask: Ask, table: string, prefix: string): Promise<Rows> {
  const query = { filter: `name=@${filterText(prefix)}`, ...setAttributes };
  const { rows, complete } = await readTable(ask, table, query);
  return { rows: rows.filter((row) => textOf(row['name']).startsWith(prefix)), complete };
}
