import type { SimulatedRequest, SimulatedResponse } from '../../../src/adapter/simulated-device.ts';
import { answered, refusal } from './envelope.ts';
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

  /** Undefined: the device answers. */
  answer({ method, path, body }: SimulatedRequest): SimulatedResponse | undefined {
    if (method === 'GET' || path.startsWith(loginPath) || path.includes('/authz/')) return undefined;
    if (this.#postponed > 0) {
      this.#postponed -= 1;
      const message = 'Task will execute asynchronously.';
      return answered({ status: 202, body: { code: 202, message, errorStack: [] }, wrote: false });
    }
    const name = [...this.#refused].find((one) => concerns(one, path, body));
    return name === undefined ? undefined : refusal(misconfigured(`${name} is refused`), path, 2_048);
  }
}

/** In the path, as the object or its rule, or as the name of what is created. */
function concerns(name: string, path: string, body: string): boolean {
  const inPath = decodeURIComponent(path.split('?')[0] ?? '').split(/[/~]/);
  return inPath.includes(name) || nameIn(body) === name;
}

function nameIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { readonly name?: unknown } | null)?.name;
  } catch {
    return undefined;
  }
}
