import { hostname } from 'node:os';
import type { Clock } from '../adapter/adapter.ts';
import { kinds } from '../api/kinds.ts';
import { apiVersion } from '../api/meta.ts';
import type { GateVerdict } from '../core/status/gate.ts';
import type { Occurrence } from '../core/status/transitions.ts';
import { asApiError } from '../kube/api-error.ts';
import { EventRecorder } from '../kube/objects/event-recorder.ts';
import { objectPath } from '../kube/client/paths.ts';
import { serverSideApply } from '../kube/objects/server-side-apply.ts';
import type { ApiClient } from '../kube/client/transport.ts';
import { gateCondition } from '../kube/kinds/pod.ts';
import type { GatedPod } from './pod-gate.ts';
import type { StatusSubject } from './statuses/status-of.ts';
import type { Status } from './statuses/stored-status.ts';

const fieldManager = 'postern-controller';

export interface StatusWriterDeps {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly random: () => number;
  /** False for a leader that has slept through its term and does not know it yet: then nothing is written. */
  readonly leads: () => boolean;
  readonly report: (message: string) => void;
}

/** What a leader writes into the cluster: statuses of our objects, conditions of pods, and events. */
export class StatusWriter {
  readonly #deps: StatusWriterDeps;
  readonly #signal: AbortSignal;
  readonly #events: EventRecorder;

  constructor(deps: StatusWriterDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    this.#events = new EventRecorder({ ...deps, instance: hostname() });
  }

  /** Applies the whole status of one object of ours; what we said before and say no longer goes. */
  async status({ kind, key }: StatusSubject, status: Status): Promise<void> {
    this.#mustLead();
    const options = { fieldManager, force: true, subresource: 'status', signal: this.#signal } as const;
    const object = { apiVersion, kind, metadata: nameIn(key), status };
    await serverSideApply(this.#deps.api, kinds[kind].plural, object, options);
  }

  /**
   * Sets one condition of a pod and leaves the others to the kubelet: conditions merge by type. The uid makes sure that
   * it is this pod and not its successor.
   */
  async gate({ namespace, name, uid }: GatedPod, verdict: GateVerdict): Promise<void> {
    this.#mustLead();
    const lastTransitionTime = new Date(this.#deps.clock.now()).toISOString();
    const condition = { type: gateCondition, ...verdict, lastTransitionTime };
    try {
      await this.#deps.api.request({
        method: 'PATCH',
        path: objectPath({ apiVersion: 'v1', plural: 'pods', namespace, name }, 'status'),
        query: { fieldManager },
        contentType: 'application/strategic-merge-patch+json',
        body: { metadata: { uid }, status: { conditions: [condition] } },
        signal: this.#signal,
      });
    } catch (error) {
      // 404: it is gone. 409: there is another one of its name.
      const { status } = asApiError(error);
      if (status !== 404 && status !== 409) throw error;
    }
  }

  event({ kind, key, uid }: StatusSubject, occurrence: Occurrence): void {
    const regarding = { apiVersion, kind, uid, ...nameIn(key) };
    if (this.#deps.leads()) void this.#events.record({ regarding, ...occurrence });
  }

  #mustLead(): void {
    if (!this.#deps.leads()) throw new Error('this controller leads no longer');
  }
}

/** @param key `name`, or `namespace/name` */
function nameIn(key: string): { readonly name: string; readonly namespace?: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
