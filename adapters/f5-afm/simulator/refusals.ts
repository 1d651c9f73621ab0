import type { SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import { bodyOf, type Call } from './call.ts';
import { answered } from './envelope.ts';
import { misconfigured } from './failure.ts';
import { loginPath } from './login.ts';

/** What goes wrong with certain writes, as long as nobody resets the device. */
export class Refusals {
  readonly #refused = new Set<string>();
  #postponed = 0;

  add(name: string): void {
    this.#refused.add(name);
  }

  postpone(times: number): void {
    this.#postponed = times;
  }

  clear(): void {
    this.#refused.clear();
    this.#postponed = 0;
  }

  /** @throws Failure where the call would write to one of the names: in the path, or of what is created. */
  check({ method, segments, body }: Pick<Call, 'method' | 'segments' | 'body'>): void {
    if (method === 'GET' || this.#refused.size === 0) return;
    const names = [...segments.flatMap((segment) => segment.split('~')), bodyOf({ body })['name']];
    const name = names.find((one) => typeof one === 'string' && this.#refused.has(one));
    if (typeof name === 'string') throw misconfigured(`${name} is refused`);
  }

  /** The answer to a write that is put off for ever; undefined: it is not. */
  postponed({ method, path }: SimulatedRequest): SimulatedResponse | undefined {
    if (this.#postponed === 0 || method === 'GET' || path.startsWith(loginPath) || path.includes('/authz/')) {
      return undefined;
    }
    this.#postponed -= 1;
    const message = 'Task will execute asynchronously.';
    return answered({ status: 202, body: { code: 202, message, errorStack: [] }, wrote: false });
  }
}
