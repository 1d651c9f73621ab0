import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SimulatedDevice, SimulatedRequest, SimulatedResponse } from './simulated-device.ts';
import { page } from './answers.ts';
import { echoed } from './echo.ts';
import { answerControl } from './control.ts';
import { FaultLine } from './faults.ts';
import type { Fault, LoggedRequest, SimulatedFlow } from './simulator.ts';

/** What happens between a request and its answer: faults, the log, and the device itself. */
export class Exchange {
  readonly #device: SimulatedDevice;
  readonly #latencyMs: number;
  readonly #faults = new FaultLine();
  readonly #listeners: ((request: LoggedRequest) => void)[] = [];
  #log: LoggedRequest[] = [];
  /** The state before the last write, kept only while a stale read is due. */
  #past: (() => void) | undefined;

  constructor(device: SimulatedDevice, latencyMs: number) {
    this.#device = device;
    this.#latencyMs = latencyMs;
  }

  requests(): readonly LoggedRequest[] {
    return [...this.#log];
  }

  fault(fault: Fault): void {
    this.#faults.add(fault);
    if (fault.kind === 'stale-read') this.#past = this.#device.checkpoint();
  }

  clearFaults(): void {
    this.#faults.clear();
    this.#past = undefined;
  }

  onRequest(listener: (request: LoggedRequest) => void): void {
    this.#listeners.push(listener);
  }

  reset(): void {
    this.clearFaults();
    this.#log = [];
    this.#device.reset();
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await received(incoming);
    if (request.path.startsWith('/_sim/')) {
      const simulator = {
        verdict: (flow: SimulatedFlow) => this.#device.verdict(flow),
        requests: () => this.requests(),
        fault: (fault: Fault) => this.fault(fault),
        clearFaults: () => this.clearFaults(),
        reset: () => this.reset(),
      };
      const { status, body } = answerControl(simulator, request.method, request.path, request.body);
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      return;
    }
    const { path } = this.#device.recordable(request);
    const { latencyMs, fault } = this.#faults.strike(request.method, path);
    if (latencyMs + this.#latencyMs > 0) await pause(latencyMs + this.#latencyMs);
    const response = this.#carryOut(request, fault);
    const cut = fault?.kind === 'reset-before' || fault?.kind === 'reset-after';
    this.#record(request, response, cut);
    if (cut) incoming.socket.destroy();
    else outgoing.writeHead(response.status, response.headers).end(response.body);
  }

  #carryOut(request: SimulatedRequest, fault: Fault | undefined): SimulatedResponse {
    switch (fault?.kind) {
      case 'error-before':
      case 'reset-before':
        return this.#device.failure(fault.status ?? 500, request);
      case 'error-after':
        return { ...this.#device.failure(fault.status ?? 500, request), wrote: this.#answer(request).wrote };
      case 'throttle':
        return this.#device.throttled(request);
      case 'html':
      case 'echo':
      case 'answer':
        return inBetween(fault, request, this.#log.length);
      case 'stale-read':
        return this.#answerFrom(this.#past, request);
      case 'success-without-effect':
        return this.#answerFrom(this.#device.checkpoint(), request);
      default:
        return this.#answer(request);
    }
  }

  #answer(request: SimulatedRequest): SimulatedResponse {
    const before = this.#faults.awaits('stale-read') ? this.#device.checkpoint() : undefined;
    const response = this.#device.answer(request);
    if (response.wrote && before !== undefined) this.#past = before;
    return response;
  }

  /** Answers from another state than the present one, which stays as it is. */
  #answerFrom(state: (() => void) | undefined, request: SimulatedRequest): SimulatedResponse {
    const present = this.#device.checkpoint();
    state?.();
    const response = this.#device.answer(request);
    present();
    return { ...response, wrote: false };
  }

  #record(request: SimulatedRequest, response: SimulatedResponse, cut: boolean): void {
    const logged: LoggedRequest = {
      at: new Date().toISOString(),
      method: request.method,
      ...this.#device.recordable(request),
      status: cut ? 0 : response.status,
      wrote: response.wrote,
    };
    this.#log.push(logged);
    for (const listener of this.#listeners) listener(logged);
  }
}

/** What something between us and the device answers. */
function inBetween({ kind, status, body = '' }: Fault, request: SimulatedRequest, turn: number): SimulatedResponse {
  if (kind === 'echo') return echoed(request, status ?? 502, turn);
  return kind === 'answer' ? { ...page(status ?? 200), body } : page(status ?? 503);
}

async function received(incoming: IncomingMessage): Promise<SimulatedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(', ')] as const);
  return {
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString('utf8'),
    remoteAddress: (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
