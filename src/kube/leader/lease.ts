import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import { collectionPath, objectPath, type ObjectRef } from '../client/paths.ts';
import type { ApiClient } from '../client/transport.ts';

/** `spec` of a coordination.k8s.io/v1 Lease. */
export interface LeaseSpec {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  /** RFC 3339 with microseconds. */
  readonly acquireTime: string;
  readonly renewTime: string;
  /** How often the lease was acquired, ever: the fencing token of its holder. */
  readonly leaseTransitions: number;
}

export interface Lease {
  /** The resourceVersion that the next write must name. */
  readonly version: string;
  readonly spec: LeaseSpec;
}

/** Reads and writes the lease; of two simultaneous writers the API server lets only one succeed. */
export class LeaseStore {
  readonly #api: ApiClient;
  readonly #ref: ObjectRef & { readonly namespace: string };

  constructor(api: ApiClient, namespace: string, name: string) {
    this.#api = api;
    this.#ref = { apiVersion: 'coordination.k8s.io/v1', plural: 'leases', namespace, name };
  }

  /** @returns undefined: there is none */
  async read(timeoutMs: number): Promise<Lease | undefined> {
    try {
      return decode(await this.#api.request({ path: objectPath(this.#ref), timeoutMs }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Writes the successor of a lease that was read, or the first lease.
   *
   * @throws {ApiError} 409 if another client wrote in the meantime
   */
  async write(spec: LeaseSpec, after: Lease | undefined, timeoutMs: number): Promise<Lease> {
    const { namespace, name, apiVersion } = this.#ref;
    const metadata = { namespace, name, ...(after && { resourceVersion: after.version }) };
    const body = { apiVersion, kind: 'Lease', metadata, spec };
    const path = after ? objectPath(this.#ref) : collectionPath(this.#ref, namespace);
    return decode(await this.#api.request({ method: after ? 'PUT' : 'POST', path, body, timeoutMs }));
  }
}

const leaseSchema = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1) }),
  spec: z.object({
    holderIdentity: z.string().default(''),
    leaseDurationSeconds: z.number().default(0),
    acquireTime: z.string().default(''),
    renewTime: z.string().default(''),
    leaseTransitions: z.number().default(0),
  }),
});

function decode(value: unknown): Lease {
  const parsed = leaseSchema.safeParse(value);
  if (!parsed.success) throw new ApiError(200, 'Unreadable', 'the API server sent something that is not a Lease');
  return { version: parsed.data.metadata.resourceVersion, spec: parsed.data.spec };
}
