import type { Destination } from '../../model/desired.ts';
import type { Ports } from '../../destinations/ports.ts';
import type { LabelSelector } from '../../../api/fields/selector.ts';
import type { Requirements } from '../../select/requirements.ts';
import { readDestination, readPorts, readSelector, type Result } from './fields.ts';

/**
 * What was read of selectors, destinations and ports while many policies are resolved together: what they write alike is read once,
 * and is one object in all of their rules.
 */
export class Readings {
  readonly #destinations = new Map<string, Result<Destination>>();
  readonly #ports = new Map<string, Result<Ports>>();
  readonly #selectors = new Map<string, Result<Requirements | undefined>>();

  destination(names: readonly string[], networks: readonly string[]): Result<Destination> {
    return known(this.#destinations, JSON.stringify([names, networks]), () => readDestination(names, networks));
  }

  ports(ports: Ports | undefined): Result<Ports> {
    return known(this.#ports, ports ? JSON.stringify(ports) : '', () => readPorts(ports));
  }

  selector(selector: LabelSelector | undefined): Result<Requirements | undefined> {
    return known(this.#selectors, selector ? JSON.stringify(selector) : '', () => readSelector(selector));
  }
}

function known<T>(readings: Map<string, T>, key: string, read: () => T): T {
  const before = readings.get(key);
  if (before !== undefined) return before;
  const now = read();
  readings.set(key, now);
  return now;
}
