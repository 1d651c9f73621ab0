import type { DeviceRequest } from './device.ts';

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

interface Operation {
  readonly request: DeviceRequest;
  left: number;
  /** What became of it; undefined: it has not ended. */
  status?: number;
}

/** Writes that the device has accepted and carries out one after the other, while it answers other requests. */
export class Operations {
  readonly #known = new Map<string, Operation>();

  /** Another write to an object that is being worked on is refused: `409`. */
  accept(request: DeviceRequest): Answer {
    const running = [...this.#known.values()].some(
      ({ status, request: { path } }) =>
        status === undefined && (overlap(path, request.path) || overlap(request.path, path)),
    );
    if (running) return { status: 409 };
    const path = `/operation/${this.#known.size + 1}`;
    this.#known.set(path, { request, left: request.operation ?? 0 });
    return { status: 202, body: { operation: path } };
  }

  /** Time passes with each request; what is due is carried out. */
  tick(carryOut: (request: DeviceRequest) => number): void {
    for (const operation of this.#known.values()) {
      if (operation.status !== undefined) continue;
      operation.left -= 1;
      if (operation.left <= 0) operation.status = carryOut(operation.request);
    }
  }

  /** `GET /operation/1`; undefined: there is no such operation. */
  read(path: string): Answer | undefined {
    const operation = this.#known.get(path);
    return operation && { status: 200, body: { status: operation.status ?? 202 } };
  }

  clear(): void {
    this.#known.clear();
  }
}

/** A transaction may touch anything. */
function overlap(path: string, other: string): boolean {
  return path === '/transaction' || other === path || other.startsWith(`${path}/`);
}
