import { json } from '../../../kit/simulator/answers.ts';
import { HeldState, withItem } from '../../../kit/simulator/held-state.ts';
import { Refusal } from '../../../kit/simulator/refusal.ts';
import type { SimulatedDevice, SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import { canonical, type JsonObject } from '../../../src/core/model/json.ts';
import { bodyOf, notFound, refused, targetOf, versionOf, type Target, type Type } from './arm.ts';
import { checkIpGroup, checkRules, checkSelectors } from './checks.ts';
import { answerToken, isTokenRequest, type Application } from './entra.ts';
import { asOf, shown, withoutReadOnly } from './shown.ts';
import { objects, text } from '../../../kit/simulator/json-values.ts';
import {
  delivered,
  type Delivered,
  names,
  occupiedBy,
  ofType,
  propertiesOf,
  provisioningState,
  settled,
  stored,
  usersOf,
  type Operation,
  type State,
} from './state.ts';
import { verdict } from './verdict.ts';

export interface AzureSettings extends Delivered {
  readonly application: Application;
  /** Milliseconds that an update of a firewall takes. */
  readonly operationMs: number;
  /** The time, when so many requests were made. */
  readonly now: (requests: number) => number;
  /** Resources on one page of a list. */
  readonly pageSize: number;
  /** Of its API, the newest that it knows. */
  readonly version: string;
}

/** The outcome of the next update of a firewall. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

type Resource = Extract<Target, { kind: 'resource' }>;

/** One subscription with one policy and its firewall. */
export class AzureDevice implements SimulatedDevice {
  readonly held: HeldState<State>;
  readonly #settings: AzureSettings;
  #failure: Failure | undefined;

  constructor(settings: AzureSettings) {
    this.#settings = settings;
    this.held = new HeldState(
      () => delivered(settings),
      (state, requests) => settled(state, settings.now(requests)),
    );
  }

  /** The next update of a firewall is accepted, and ends so. */
  failNext(failure: Failure): void {
    this.#failure = failure;
  }

  answer(request: SimulatedRequest): SimulatedResponse {
    this.held.tick();
    const { application } = this.#settings;
    const now = this.#settings.now(this.held.requests);
    if (isTokenRequest(request)) return answerToken(request, application, now);
    try {
      application.expectToken(request.headers['authorization'] ?? '', now);
      const version = versionOf(request, this.#settings.version);
      return this.#carryOut(request, targetOf(request), version);
    } catch (error) {
      if (error instanceof Refusal) return refused(error);
      throw error;
    }
  }

  #carryOut(request: SimulatedRequest, target: Target, version: string): SimulatedResponse {
    if (target.kind === 'operation') return this.#operation(target);
    if (target.kind === 'list') return this.#list(target, request, version);
    switch (request.method) {
      case 'GET':
        return json(200, asOf(version, this.#shown(target)));
      case 'PUT':
        return this.#put(target, bodyOf(request), version);
      case 'PATCH':
        return this.#tag(target, bodyOf(request));
      case 'DELETE':
        return this.#delete(target);
      default:
        throw new Refusal(
          405,
          'HttpVerbNotSupported',
          `The requested resource does not support http method '${request.method}'.`,
        );
    }
  }

  #operation({ id, asResult }: Extract<Target, { kind: 'operation' }>): SimulatedResponse {
    const operation = this.held.now.operations.get(id);
    if (operation === undefined) throw new Refusal(404, 'NotFound', `Operation ${id} was not found.`);
    const { hasEnded, failure } = operation;
    const waiting = { 'retry-after': String(this.#retryAfterSeconds()) };
    if (asResult)
      return hasEnded
        ? json(failure === undefined ? 204 : 409, failure && { error: { ...failure } })
        : { ...json(202, undefined), headers: waiting };
    const status = hasEnded ? (failure === undefined ? 'Succeeded' : 'Failed') : 'InProgress';
    const answer = json(200, { status, ...(hasEnded && failure && { error: { ...failure, details: [] } }) });
    return hasEnded ? answer : { ...answer, headers: { ...answer.headers, ...waiting } };
  }

  #list(
    { type, parent, skip }: Extract<Target, { kind: 'list' }>,
    { headers, path }: SimulatedRequest,
    version: string,
  ): SimulatedResponse {
    const state = this.held.now;
    const all = ofType(state, type).filter(({ id }) => id.toLowerCase().startsWith(`${parent.toLowerCase()}/`));
    const next = skip + this.#settings.pageSize;
    const url = new URL(path, `https://${headers['host'] ?? 'arm'}`);
    url.searchParams.set('$skiptoken', String(next));
    return json(200, {
      value: all.slice(skip, next).map((resource) => asOf(version, shown(state, resource))),
      ...(next < all.length && { nextLink: url.href }),
    });
  }

  #shown({ id }: Resource): JsonObject {
    const resource = this.held.now.resources.get(id.toLowerCase());
    if (resource === undefined) throw notFound(id);
    return shown(this.held.now, resource);
  }

  #put({ type, id, name }: Resource, body: JsonObject, version: string): SimulatedResponse {
    const state = this.held.now;
    if (type === 'ruleCollectionGroups' || type === 'kubeSelectorGroups') this.#expectPolicy(id);
    if (type === 'ipGroups') checkIpGroup(body);
    if (type === 'ruleCollectionGroups') checkRules(state, id, body, version);
    if (type === 'kubeSelectorGroups') checkSelectors(body);
    this.#expectNotRefused(type, name, body);
    const { properties = {}, location, tags } = body;
    const kept = {
      properties: withoutReadOnly(properties as JsonObject),
      ...(location !== undefined && { location }),
      ...(tags !== undefined && { tags }),
    };
    const occupies = this.#occupied(type, id);
    const isNew = !state.resources.has(id.toLowerCase());
    const put = stored(state, { type, id, body: kept });
    if (type === 'ruleCollectionGroups' && changesNothing(state, put, id)) return json(200, null);
    const operation = this.#started(put, { id, puts: true, occupies });
    const answer = json(isNew ? 201 : 200, shown(this.held.now, this.held.now.resources.get(id.toLowerCase())), true);
    return { ...answer, headers: { ...answer.headers, ...this.#asyncHeaders(operation) } };
  }

  /** The model knows PATCH for tags alone. */
  #tag({ type, id }: Resource, { tags = {} }: JsonObject): SimulatedResponse {
    const state = this.held.now;
    const resource = state.resources.get(id.toLowerCase());
    if (resource === undefined || type !== 'ipGroups') throw notFound(id);
    const body = { ...resource.body, tags };
    this.held.set({ ...state, resources: withItem(state.resources, id.toLowerCase(), { ...resource, body }) });
    return json(200, this.#shown({ kind: 'resource', type, id, name: '' }), true);
  }

  #delete({ type, id, name }: Resource): SimulatedResponse {
    const state = this.held.now;
    if (!state.resources.has(id.toLowerCase())) return json(204, undefined);
    this.#expectNotRefused(type, name, {});
    const [user] = usersOf(state, id);
    if (user !== undefined)
      throw new Refusal(
        400,
        type === 'ipGroups' ? 'InUseIpGroupCannotBeDeleted' : 'InUseKubeSelectorGroupCannotBeDeleted',
        `${id} is in use by ${user.id} and cannot be deleted.`,
      );
    const operation = this.#started(state, { id, puts: false, occupies: this.#occupied(type, id) });
    const answer = json(202, undefined, true);
    const { location, ...rest } = this.#asyncHeaders(operation);
    return { ...answer, headers: { location: location ?? '', 'retry-after': rest['retry-after'] ?? '1' } };
  }

  #expectPolicy(id: string): void {
    const policy = id.replace(/\/[^/]+\/[^/]+$/, '');
    if (!this.held.now.resources.has(policy.toLowerCase()))
      throw new Refusal(
        404,
        'ParentResourceNotFound',
        `Can not perform requested operation on nested resource. Parent resource '${policy}' not found.`,
      );
  }

  /**
   * What an update keeps busy. A second one of a policy is refused; a second IP group in use is accepted, and its update fails
   * together with the firewall ("Updating multiple IP groups").
   *
   * @throws Refusal
   */
  #occupied(type: Type, id: string): readonly string[] {
    const state = this.held.now;
    const occupies = occupiedFor(state, type, id);
    const isBusy = occupies.some((one) => provisioningState(state, one) === 'Updating');
    if (isBusy && type === 'ruleCollectionGroups')
      throw new Refusal(
        409,
        'FirewallPolicyUpdateNotAllowedWhenUpdatingOrDeleting',
        `Put on Firewall Policy ${names.policy} is not allowed when it is Updating or Deleting.`,
      );
    if (isBusy)
      this.#failure = {
        code: 'IpGroupsUpdateFailed',
        message: `Put on IpGroup ${id} failed with 1 faulted referenced firewalls.`,
      };
    return occupies;
  }

  #started(state: State, { id, puts, occupies }: Pick<Operation, 'id' | 'puts' | 'occupies'>): Operation {
    const { now, operationMs } = this.#settings;
    const isSlow = occupies.length > 0;
    const operation: Operation = {
      id: `00000000-0000-4000-9000-${String(state.serial).padStart(12, '0')}`,
      target: id.toLowerCase(),
      puts,
      occupies,
      endsAt: now(this.held.requests) + (isSlow ? operationMs : puts ? 1 : 0),
      hasEnded: false,
      ...(isSlow && this.#failure && { failure: this.#failure }),
    };
    if (isSlow) this.#failure = undefined;
    this.held.set({
      ...state,
      serial: state.serial + 1,
      operations: withItem(state.operations, operation.id, operation),
    });
    return operation;
  }

  #asyncHeaders({ id, occupies }: Operation): Readonly<Record<string, string>> {
    const base = `${this.origin}/subscriptions/${names.subscription}/providers/Microsoft.Network/locations/${names.location}`;
    const query = 'api-version=2025-05-01';
    return {
      'azure-asyncoperation': `${base}/operations/${id}?${query}`,
      location: `${base}/operationResults/${id}?${query}`,
      'retry-after': String(occupies.length > 0 ? this.#retryAfterSeconds() : 1),
    };
  }

  /** Where it answers, once it does. */
  origin = '';

  #retryAfterSeconds(): number {
    return Math.max(1, Math.min(20, Math.round(this.#settings.operationMs / 10_000)));
  }

  #expectNotRefused(type: Type, name: string, body: JsonObject): void {
    const rules = objects(propertiesOf({ body })['ruleCollections']).flatMap((collection) =>
      objects(collection['rules']),
    );
    const words = [`${type}/${name}`, ...rules.map((rule) => `rules/${text(rule['name'])}/`)].join(' ');
    const marked = this.held.refusedIn(words);
    if (marked !== undefined) throw new Refusal(400, 'InvalidRequestFormat', `${marked} is refused.`);
  }

  verdict(flow: SimulatedFlow): SimulatedVerdict {
    return verdict(this.held.now, flow);
  }

  dump(): Readonly<Record<string, unknown>> {
    const { resources, inForce, failed } = this.held.now;
    return {
      resources: [...resources.values()].map(({ id, body }) => ({ id, body })).sort((a, b) => (a.id < b.id ? -1 : 1)),
      inForce: [...inForce].sort(([a], [b]) => (a < b ? -1 : 1)),
      failed: [...failed].sort(),
    };
  }

  reset(): void {
    this.#failure = undefined;
    this.held.reset();
  }

  checkpoint(): () => void {
    return this.held.checkpoint();
  }

  failure(status: number): SimulatedResponse {
    return refused(new Refusal(status, failures[status] ?? 'InternalServerError', 'An error occurred.'));
  }

  throttled(): SimulatedResponse {
    return refused(
      new Refusal(429, 'SubscriptionRequestsThrottled', 'Number of requests for subscription exceeded the limit.'),
    );
  }

  /** Credentials are in the body of a request for a token, and in a header, which is not recorded. */
  recordable(request: SimulatedRequest): { readonly path: string; readonly body: string } {
    return { path: request.path, body: isTokenRequest(request) ? '' : request.body };
  }
}

/** Policies and firewalls that an update of it is one of. */
function occupiedFor(state: State, type: Type, id: string): readonly string[] {
  if (type === 'azureFirewalls') return [id.toLowerCase()];
  if (type === 'firewallPolicies' || type === 'ruleCollectionGroups') return occupiedBy(state, id);
  const users = usersOf(state, id);
  return [...new Set(users.flatMap((user) => occupiedBy(state, user.id)))];
}

const failures: Readonly<Record<number, string>> = {
  401: 'InvalidAuthenticationToken',
  403: 'AuthorizationFailed',
  404: 'ResourceNotFound',
  409: 'Conflict',
  503: 'ServiceUnavailable',
};

/** An update of what is as it should be is answered with null, and starts nothing (azure-rest-api-specs, issue 19505). */
function changesNothing(before: State, after: State, id: string): boolean {
  const bodyIn = ({ resources }: State): string => canonical(resources.get(id.toLowerCase())?.body ?? null);
  return before.failed.size === 0 && bodyIn(before) === bodyIn(after);
}
