import type { SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Device } from './device.ts';
import { json } from './envelope.ts';
import { childrenAt, textAt } from './row.ts';

/** Entries that a hand behind the device keeps anybody from writing to. */
export class Refusals {
  readonly #device: Device;
  readonly #refused = new Set<string>();

  constructor(device: Device) {
    this.#device = device;
  }

  add(table: string, name: string): void {
    this.#refused.add(`${table} ${name}`);
  }

  clear(): void {
    this.#refused.clear();
  }

  /** Would this request write to one of them? Policies go by their name, too. */
  concern(request: SimulatedRequest): boolean {
    if (this.#refused.size === 0 || request.method === 'GET') return false;
    const [, , , api, path, table, ...keys] = new URL(request.path, 'https://device').pathname.split('/');
    const body = parsed(request.body);
    if (api === 'monitor') return commandNames(body).some((name) => this.#refused.has(`${path}/${table} ${name}`));
    const id = `${path}/${table}`;
    const key = keys[0] === undefined ? textAt(body, 'name') : this.#nameOf(id, decodeURIComponent(keys[0]));
    return this.#refused.has(`${id} ${key}`);
  }

  answer(): SimulatedResponse {
    const cli = "input is invalid\n\nvalue parse error before 'entry'\nCommand fail. Return code -651\n";
    return json(500, { status: 'error', http_status: 500, error: -651, cli_error: cli }, false);
  }

  #nameOf(table: string, key: string): string {
    if (table !== 'firewall/policy') return key;
    const stores = this.#device.vdoms().flatMap((vdom) => this.#device.store(vdom) ?? []);
    const open = this.#device.transactions.list().map(({ store }) => store);
    const holder = [...open, ...stores].find((store) => store.has(table, key));
    return textAt(holder?.get(table, key) ?? {}, 'name');
  }
}

function parsed(text: string): JsonObject {
  try {
    return { ...(JSON.parse(text) as JsonObject | null) };
  } catch {
    return {};
  }
}

function commandNames(body: JsonObject): readonly string[] {
  return childrenAt(body, 'commands').map((command) => textAt(command, 'name'));
}
