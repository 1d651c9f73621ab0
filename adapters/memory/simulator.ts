import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Fault,
  LoggedRequest,
  SimulatedFlow,
  SimulatedVerdict,
  Simulator,
} from '../../kit/simulator/simulator.ts';
import { FaultLine } from '../../kit/simulator/faults.ts';
import { carryOut, Refusal, type DeviceRequest, type Tables } from './device.ts';
import { Operations } from './operations.ts';
import { verdict } from './verdict.ts';

/** What comes back: an answer, or nothing because the connection was cut. */
interface Answered {
  readonly status: number;
  readonly body?: unknown;
  readonly retryAfterMs?: number;
}
export type DeviceAnswer = Answered | 'cut';

type Listener = (request: LoggedRequest) => void;

const delivered: Tables = { group: [], rule: [] };

/** The device with everything that can go wrong around it. It lives in this process, so there is no TLS to speak. */
export class MemorySimulator implements Simulator {
  readonly kind = 'memory';
  readonly version = '1';
  readonly url = 'memory:';
  readonly ca = '';
  readonly credentials = {};
  tables = delivered;
  #beforeLastWrite = delivered;
  readonly #faults = new FaultLine();
  readonly #locked = new Set<string>();
  readonly #operations = new Operations();
  #log: LoggedRequest[] = [];
  readonly #listeners: Listener[] = [];

  async request(request: DeviceRequest): Promise<DeviceAnswer> {
    const { latencyMs, fault } = this.#faults.strike(request.method, request.path);
    if (latencyMs > 0) await sleep(latencyMs);
    const before = this.tables;
    this.#operations.tick((accepted) => this.#carryOut(accepted).status);
    const answer = this.#answer(request, fault);
    const wrote = this.tables !== before;
    if (wrote) this.#beforeLastWrite = before;
    const { method, path, body = '' } = request;
    const status = answer === 'cut' ? 0 : answer.status;
    const logged = { at: new Date().toISOString(), method, path, body: JSON.stringify(body), status, wrote };
    this.#log.push(logged);
    for (const listener of this.#listeners) listener(logged);
    return answer;
  }

  verdict(flow: SimulatedFlow): SimulatedVerdict {
    return verdict(this.tables, flow);
  }

  requests(): readonly LoggedRequest[] {
    return this.#log;
  }

  fault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  onRequest(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** From now on writes to the object at this path are refused. */
  lock(path: string): void {
    this.#locked.add(path);
  }

  dump(): Readonly<Record<string, unknown>> {
    const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);
    return { group: this.tables.group.toSorted(byName), rule: this.tables.rule };
  }

  reset(): void {
    this.tables = delivered;
    this.#beforeLastWrite = delivered;
    this.#log = [];
    this.#locked.clear();
    this.#operations.clear();
    this.clearFaults();
  }

  checkpoint(): () => void {
    const { tables } = this;
    return () => (this.tables = tables);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #answer(request: DeviceRequest, fault: Fault | undefined): DeviceAnswer {
    const early = answerWithoutEffect(request, fault);
    if (early !== undefined) return early;
    const stale = fault?.kind === 'stale-read' && request.method === 'GET';
    const answer = stale ? read(this.#beforeLastWrite, request) : this.#carriedOutOrAccepted(request);
    if (fault?.kind === 'error-after') return { status: fault.status ?? 500 };
    return fault?.kind === 'reset-after' ? 'cut' : answer;
  }

  #carriedOutOrAccepted(request: DeviceRequest): Answered {
    if (request.operation !== undefined) return this.#operations.accept(request);
    return this.#operations.read(request.path) ?? this.#carryOut(request);
  }

  #carryOut(request: DeviceRequest): Answered {
    if (request.method === 'GET') return read(this.tables, request);
    try {
      this.tables = carryOut(this.tables, request, this.#locked);
      return { status: 200 };
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: error.message };
      throw error;
    }
  }
}

function answerWithoutEffect({ method }: DeviceRequest, fault: Fault | undefined): DeviceAnswer | undefined {
  switch (fault?.kind) {
    case 'error-before':
      return { status: fault.status ?? 500 };
    case 'reset-before':
      return 'cut';
    case 'throttle':
      return { status: 429, retryAfterMs: 1_000 };
    case 'html':
      return { status: 200, body: '<html>Please log in</html>' };
    case 'echo':
    case 'answer':
      return { status: fault.status ?? 200, body: fault.body ?? '' };
    case 'success-without-effect':
      return method === 'GET' ? undefined : { status: 200 };
    default:
      return undefined;
  }
}

function read(tables: Tables, { path }: DeviceRequest): Answered {
  if (path === '/group') return { status: 200, body: tables.group };
  if (path === '/rule') return { status: 200, body: tables.rule };
  return { status: 404 };
}
