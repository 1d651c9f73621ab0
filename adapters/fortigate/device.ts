import type { Clock } from '../../src/adapter/adapter.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import type { Owner } from '../../src/adapter/owner.ts';
import type { Json, JsonObject } from '../../src/core/model/json.ts';
import { filterText, isUnknown, type Ask, type Call } from './client.ts';
import type { FortigateConfig } from './config.ts';
import { rowsOf, type Envelope } from './envelope.ts';
import type { Inventory } from './inventory.ts';

/** What those who work on a device are given. */
export interface Device {
  readonly ask: Ask;
  readonly owner: Owner;
  readonly config: FortigateConfig;
  readonly capabilities: Capabilities;
  readonly clock: Clock;
}

/** A device while a batch is being sent to it. */
export interface Workplace extends Device {
  readonly inventory: Inventory;
  /** Everything becomes visible at one instant, so that nothing has to be hidden while it is unfinished. */
  readonly atomic: boolean;
}

/**
 * One request that may be sent twice without harm: once more when no answer came. Without an answer to the second
 * either, the outcome is unknown, and only reading the device can tell.
 */
export async function repeatable(ask: Ask, call: Call): Promise<Envelope> {
  try {
    return await ask(call);
  } catch (error) {
    if (!isUnknown(error)) throw error;
    return await ask(call);
  }
}

/** Rows of a table, and whether these are all: the device says so when it stopped early. */
export interface Read {
  readonly rows: readonly JsonObject[];
  readonly complete: boolean;
}

const mostPages = 1_000;

/** All rows of a table, page by page where the device makes pages. */
export async function readTable(ask: Ask, table: string, query: Readonly<Record<string, string>> = {}): Promise<Read> {
  const rows: JsonObject[] = [];
  let start = 0;
  for (let page = 0; page < mostPages; page += 1) {
    const at: Readonly<Record<string, string>> = start === 0 ? {} : { start: `${start}` };
    const envelope = await ask({ method: 'GET', base: 'cmdb', table, query: { ...query, ...at } });
    rows.push(...rowsOf(envelope));
    if (envelope.limit_reached !== true) return { rows, complete: true };
    if (envelope.next_idx === undefined || envelope.next_idx < start) break;
    start = envelope.next_idx + 1;
  }
  return { rows, complete: false };
}

/** The rows whose name begins with a text. */
export async function readNamed(ask: Ask, table: string, prefix: string): Promise<Read> {
  const { rows, complete } = await readTable(ask, table, { filter: `name=@${filterText(prefix)}` });
  return { rows: rows.filter((row) => nameOf(row).startsWith(prefix)), complete };
}

export function nameOf(row: JsonObject): string {
  const name: Json | undefined = row['name'];
  return typeof name === 'string' ? name : '';
}
