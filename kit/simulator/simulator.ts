import type { JsonObject } from '../../src/core/model/json.ts';

/** A flow as a firewall meets it: addresses, the name the client asked for if it is known, and where it goes. */
export interface SimulatedFlow {
  readonly src: string;
  /** Destination address; absent when only the name is known. */
  readonly dst?: string;
  /** Destination name (DNS question or TLS SNI). A simulator resolves it with its own fixed table. */
  readonly host?: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

export interface SimulatedVerdict {
  readonly action: 'Accept' | 'Deny';
  /** The native rule that matched, or `implicit`. */
  readonly rule: string;
}

export interface LoggedRequest {
  readonly at: string;
  readonly method: string;
  /** Path and query as received. */
  readonly path: string;
  readonly body: string;
  /** 0: the connection was cut before an answer. */
  readonly status: number;
  /** Did it change the device's state? */
  readonly wrote: boolean;
}

/** What goes wrong with the requests that match, and how often. */
export interface Fault {
  /** Matches `METHOD path` as a regular expression; absent: every request. */
  readonly match?: string;
  /** Let this many matching requests pass first. */
  readonly after?: number;
  /** How many requests are hit; absent: one. */
  readonly times?: number;
  readonly kind:
    | 'latency'
    | 'error-before'
    | 'error-after'
    | 'reset-before'
    | 'reset-after'
    | 'throttle'
    | 'html'
    /** What a proxy answers that repeats what it was sent, credentials included. */
    | 'echo'
    /** `body`, whatever was asked. */
    | 'answer'
    | 'stale-read'
    | 'success-without-effect';
  /** HTTP status for `error-*`, `html`, `echo` and `answer`. */
  readonly status?: number;
  readonly body?: string;
  readonly latencyMs?: number;
}

/**
 * A stand-in for an appliance: stateful, strict, reachable only through the vendor's own API over TLS, and judged by
 * its own tables. Tests, the demo and `postern simulate` drive it through this.
 */
export interface Simulator {
  readonly kind: string;
  readonly version: string;
  readonly url: string;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  readonly credentials: Readonly<Record<string, string>>;
  /** `spec.config` of a point that enforces here; absent: its `url` alone. */
  readonly config?: JsonObject;
  /** Decided from the device's tables alone, as its data plane has them. */
  verdict(flow: SimulatedFlow): SimulatedVerdict;
  requests(): readonly LoggedRequest[];
  fault(fault: Fault): void;
  clearFaults(): void;
  /** Called after every request that was carried out, before it is answered. */
  onRequest(listener: (request: LoggedRequest) => void): void;
  /** Everything in the device's tables, for byte-for-byte comparison. */
  dump(): Readonly<Record<string, unknown>>;
  /** Back to how it was delivered. */
  reset(): void;
  /** Remembers what it holds now; what it returns puts the device back there, as a restored backup does, any number of times. */
  checkpoint(): () => void;
  close(): Promise<void>;
}

export interface SimulatorOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly version?: string;
  readonly latencyMs?: number;
  /** With what its administrator sets up for us beforehand, where that is needed; absent: as it is delivered. */
  readonly prepared?: boolean;
}

export type StartSimulator = (options: SimulatorOptions) => Promise<Simulator>;
