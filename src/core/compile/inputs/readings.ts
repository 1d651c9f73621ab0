import type { Destination } from '../../model/desired.ts';
import type { Ports } from '../../destinations/ports.ts';
import type { Port } from '../../../api/fields/destination.ts';
import type { LabelSelector } from '../../../api/fields/selector.ts';
import type { Requirements } from '../../select/requirements.ts';
import { readDestination, readPorts, readSelector, type Result } from './fields.ts';

/**
 * What was read of selectors, destinations and ports while many policies are resolved together: what they write alike is read once,
 * and is one object in all of their rules.
 */
export class Readings {
  /** Of one network alone, which is what most entries say, by its text. */
  readonly #destinations = new Map<string, Result<Destination>>();
  readonly #ports = new Map<string, Result<Ports>>();
  /** One port alone that was read last: most entries ask for the same one. */
  #last: { readonly port: Port; readonly read: Result<Ports> } | undefined;
  readonly #selectors = new Map<string, Result<Requirements | undefined>>();

  destination(names: readonly string[], networks: readonly string[]): Result<Destination> {
    const network = networks.length === 1 && names.length === 0 ? networks[0] : undefined;
    const key = network ?? JSON.stringify([names, networks]);
    return known(this.#destinations, key, () => readDestination(names, networks));
  }

  ports(ports: Ports | undefined): Result<Ports> {
    if (ports === undefined) return everyPort;
    const port = ports.length === 1 ? ports[0] : undefined;
    if (port && this.#last && isSame(port, this.#last.port)) return this.#last.read;
    const read = known(this.#ports, JSON.stringify(ports), () => readPorts(ports));
    if (port) this.#last = { port, read };
    return read;
  }

  selector(selector: LabelSelector | undefined): Result<Requirements | undefined> {
    return known(this.#selectors, selector ? JSON.stringify(selector) : '', () => readSelector(selector));
  }
}

const everyPort: Result<Ports> = { value: [] };

function isSame(a: Port, b: Port): boolean {
  return a.port === b.port && a.endPort === b.endPort && a.protocol === b.protocol && a.appProtocol === b.appProtocol;
}

function known<T>(readings: Map<string, T>, key: string, read: () => T): T {
  const before = readings.get(key);
  if (before !== undefined) return before;
  const now = read();
  readings.set(key, now);
  return now;
}
