import type { SimulatedFlow, SimulatedVerdict } from './simulator.ts';

/** A request as a simulated device meets it. */
export interface SimulatedRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly remoteAddress: string;
}

export interface SimulatedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Did it change the device's state? */
  readonly wrote: boolean;
}

/** What a simulator brings along: the vendor's behaviour, without transport, log or faults. One request is one step. */
export interface SimulatedDevice {
  answer(request: SimulatedRequest): SimulatedResponse;
  verdict(flow: SimulatedFlow): SimulatedVerdict;
  dump(): Readonly<Record<string, unknown>>;
  reset(): void;
  /** Remembers the state of now; what it returns puts the device back there, any number of times. */
  checkpoint(): () => void;
  /** What this vendor answers with that status when something inside breaks. */
  failure(status: number, request: SimulatedRequest): SimulatedResponse;
  /** The answer to too many requests, in this vendor's words. */
  throttled(request: SimulatedRequest): SimulatedResponse;
  /** Path and body as they may be written down: without credentials. */
  recordable(request: SimulatedRequest): { readonly path: string; readonly body: string };
}
