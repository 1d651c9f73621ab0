import { Refusal } from '../../../kit/simulator/refusal.ts';
import { json, objectIn } from '../../../kit/simulator/answers.ts';
import type { SimulatedDevice, SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { AddressGroups, type GroupSettings } from './address-groups.ts';
import { isLogin, type Accounts } from './login.ts';
import { Operations, type OperationSettings } from './operations.ts';
import { Policies, type PolicySettings } from './policies.ts';
import { invalid, notFound, refused, type Service } from './refusals.ts';
import { objects } from '../../../kit/simulator/json-values.ts';
import { delivered, names } from './state.ts';
import { verdict } from './verdict.ts';

export interface GcpSettings extends OperationSettings, PolicySettings, GroupSettings {
  readonly accounts: Accounts;
  /** Of the policy that is there; absent: it is global. */
  readonly region?: string;
  /** Fields of it beside those that it needs. */
  readonly policy: JsonObject;
}

/** One project with a network, its firewall policy and address groups. */
export class GcpDevice implements SimulatedDevice {
  readonly operations: Operations;
  readonly #settings: GcpSettings;
  readonly #policies: Policies;
  readonly #groups: AddressGroups;

  constructor(settings: GcpSettings) {
    this.#settings = settings;
    this.operations = new Operations(() => delivered(settings.region, settings.policy), settings);
    this.#policies = new Policies(this.operations, settings);
    this.#groups = new AddressGroups(this.operations, settings);
  }

  answer(request: SimulatedRequest): SimulatedResponse {
    this.operations.held.tick();
    const { accounts } = this.#settings;
    if (isLogin(request)) return accounts.answer(request);
    try {
      accounts.expectToken(request.headers['authorization'] ?? '');
      return this.#carryOut(request);
    } catch (error) {
      if (error instanceof Refusal) return refused(error, serviceOf(request));
      throw error;
    }
  }

  #carryOut(request: SimulatedRequest): SimulatedResponse {
    const { pathname, searchParams: query } = new URL(request.path, 'https://google');
    const { method } = request;
    const body = (): JsonObject => objectIn(request.body, () => invalid('Parse Error'));
    const service = serviceOf(request);
    const [, project, rest = ''] = projectPath.exec(decodeURIComponent(pathname)) ?? [];
    if (project !== names.project) throw notFound(`projects/${project ?? ''}`);
    const [, scope = '', kind, name = '', verb = ''] = paths[service].exec(rest) ?? [];
    if (kind === 'operations') return this.operations.get(service, name);
    if (service === 'networksecurity') return this.#groups.answer({ method, location: scope, name, verb, query, body });
    if (kind !== 'networks') return this.#policies.answer({ method, scope, name, verb, query, body });
    return this.#policies.effective(`/networks/${name}`, 'global');
  }

  verdict(flow: SimulatedFlow): SimulatedVerdict {
    const above = this.#settings.hierarchy.flatMap(({ rules }) => objects(rules));
    return verdict(this.operations.held.now, flow, above);
  }

  dump(): Readonly<Record<string, unknown>> {
    const { policies, groups } = this.operations.held.now;
    const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
    const shown = [...policies].map(
      ([key, { rules, associations }]) =>
        [
          key,
          {
            rules: [...rules.values()].sort((a, b) => Number(a['priority']) - Number(b['priority'])),
            associations: [...associations],
          },
        ] as const,
    );
    return { policies: Object.fromEntries(shown.sort(byKey)), groups: Object.fromEntries([...groups].sort(byKey)) };
  }

  reset(): void {
    this.operations.failNext(undefined);
    this.operations.held.reset();
  }

  checkpoint(): () => void {
    return this.operations.held.checkpoint();
  }

  failure(status: number, request: SimulatedRequest): SimulatedResponse {
    const service = serviceOf(request);
    if (isLogin(request)) return json(status, { error: 'internal_failure', error_description: 'Backend Error' });
    const reason = service === 'compute' ? (reasons[status] ?? 'backendError') : '';
    return refused(new Refusal(status, reason, 'An error occurred.'), service);
  }

  throttled(request: SimulatedRequest): SimulatedResponse {
    const service = serviceOf(request);
    const [status, reason] =
      service === 'compute' ? ([403, 'rateLimitExceeded'] as const) : ([429, 'RESOURCE_EXHAUSTED'] as const);
    return refused(new Refusal(isLogin(request) ? 429 : status, reason, 'Rate Limit Exceeded'), service);
  }

  /** Credentials are in the body of a request for a token, and in a header, which is not recorded. */
  recordable(request: SimulatedRequest): { readonly path: string; readonly body: string } {
    return { path: request.path, body: isLogin(request) ? '' : request.body };
  }
}

const projectPath = /^(?:\/compute)?\/v1\/projects\/([^/]+)\/(.*)$/;
/** Where it is, what it is, its name, and what is to be done with it. */
const paths: Readonly<Record<Service, RegExp>> = {
  compute: /^(global|regions\/[^/]+)\/(firewallPolicies|operations|networks)(?:\/([^/]+))?(?:\/(\w+))?$/,
  networksecurity: /^locations\/([^/]+)\/(addressGroups|operations)(?:\/([^/:]+))?(?::(\w+))?$/,
};

function serviceOf({ path }: Pick<SimulatedRequest, 'path'>): Service {
  return path.startsWith('/compute/') ? 'compute' : 'networksecurity';
}

const reasons: Readonly<Record<number, string>> = {
  401: 'authError',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
};
