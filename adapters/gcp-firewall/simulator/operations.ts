import { Refusal } from '../../../kit/simulator/refusal.ts';
import { HeldState, withItem } from '../../../kit/simulator/held-state.ts';
import { json } from '../../../kit/simulator/answers.ts';
import type { SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { notFound, type Service } from './refusals.ts';
import { names, settled, type Failure, type Operation, type State } from './state.ts';

export interface OperationSettings {
  /** Milliseconds that a change of a policy takes. */
  readonly operationMs: number;
  /** The time, when so many requests were made. */
  readonly now: (requests: number) => number;
}

/** What was accepted and is carried out later. */
export class Operations {
  readonly held: HeldState<State>;
  readonly #settings: OperationSettings;
  #failure: Failure | undefined;
  /** Where it answers, once it does. */
  origin = '';

  constructor(delivered: () => State, settings: OperationSettings) {
    this.#settings = settings;
    this.held = new HeldState(delivered, (state, requests) => settled(state, settings.now(requests)));
  }

  /** The next change of a policy is accepted, and ends so; undefined: none does. */
  failNext(failure: Failure | undefined): void {
    this.#failure = failure;
  }

  /**
   * "Mutations of a policy are serialised."
   *
   * @throws Refusal while another is at work on the same target
   */
  start(about: Pick<Operation, 'service' | 'scope' | 'target' | 'effect'>): SimulatedResponse {
    const state = this.held.now;
    const isBusy = [...state.operations.values()].some(({ target, hasEnded }) => target === about.target && !hasEnded);
    const isPolicy = about.service === 'compute';
    if (isBusy) {
      const [status, reason] = isPolicy ? ([400, 'resourceNotReady'] as const) : ([409, 'ABORTED'] as const);
      throw new Refusal(status, reason, `The resource 'projects/${names.project}/${about.target}' is not ready`);
    }
    const { now, operationMs } = this.#settings;
    const operation: Operation = {
      ...about,
      name: `operation-${String(state.serial).padStart(13, '0')}-edge`,
      endsAt: now(this.held.requests) + (isPolicy ? operationMs : 1),
      hasEnded: false,
      ...(isPolicy && this.#failure && { failure: this.#failure }),
    };
    if (isPolicy) this.#failure = undefined;
    const operations = withItem(state.operations, operation.name, operation);
    this.held.set({ ...state, serial: state.serial + 1, operations });
    return json(200, this.#shown(operation), true);
  }

  get(service: Service, name: string): SimulatedResponse {
    const operation = this.held.now.operations.get(name);
    if (operation?.service !== service) throw notFound(`operations/${name}`);
    return json(200, this.#shown(operation));
  }

  #shown({ service, name, scope, target, hasEnded, failure }: Operation): JsonObject {
    if (service === 'networksecurity')
      return {
        name: `projects/${names.project}/${scope}/operations/${name}`,
        metadata: { target: `projects/${names.project}/${target}`, apiVersion: 'v1' },
        done: hasEnded,
        ...(hasEnded && { response: {} }),
      };
    const base = `${this.origin}/compute/v1/projects/${names.project}`;
    return {
      kind: 'compute#operation',
      id: '1',
      name,
      operationType: 'patch',
      targetLink: `${base}/${target}`,
      status: hasEnded ? 'DONE' : 'RUNNING',
      progress: hasEnded ? 100 : 0,
      selfLink: `${base}/${scope}/operations/${name}`,
      ...(scope !== 'global' && { region: `${base}/${scope}` }),
      ...(hasEnded && failure && { httpErrorStatusCode: 400, error: { errors: [{ ...failure }] } }),
    };
  }
}
