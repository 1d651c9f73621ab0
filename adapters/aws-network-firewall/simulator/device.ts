import type { SimulatedDevice, SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { Failure } from '../../../kit/simulator/aws/calls.ts';
import { Counters } from '../../../kit/simulator/traffic/counters.ts';
import { HeldState } from '../../../kit/simulator/held-state.ts';
import { Shapes } from '../../../kit/simulator/shapes.ts';
import type { Keys } from '../../../kit/simulator/aws/signature.ts';
import { callOf, checkSignature, forms, invalidRequest, operationOf, type Call } from './api/calls.ts';
import { ec2Shapes, logsShapes, networkFirewallShapes, unsimulated } from './api/shapes.ts';
import { verdict } from './packet/verdict.ts';
import * as followed from './state/associations.ts';
import * as firewall from './state/firewall.ts';
import * as logs from './state/logs.ts';
import * as lists from './state/prefix-lists.ts';
import * as groups from './state/rule-groups.ts';
import { delivered, region, settled, textOf, type State } from './state/state.ts';

export interface AwsSettings {
  readonly keys: Keys;
  /** Requests until a prefix list, and a flow operation, is complete; 0: it is when it is asked after. */
  readonly settleRequests: number;
  /** Zones of the firewall, and how many requests each takes to follow. */
  readonly zones: ReadonlyMap<string, number>;
  readonly policy: JsonObject;
}

type Operation = (
  state: State,
  input: JsonObject,
  now: number,
) => { readonly state: State; readonly output: JsonObject };

const shapes = {
  'network-firewall': new Shapes(networkFirewallShapes, { asText: false, unsimulated }),
  logs: new Shapes(logsShapes, { asText: false }),
  ec2: new Shapes(ec2Shapes, { asText: true }),
} as const;

/** One account with one firewall. */
export class AwsDevice implements SimulatedDevice {
  readonly #settings: AwsSettings;
  readonly held: HeldState<State>;
  readonly #logged = new Counters<logs.Logged>();

  constructor(settings: AwsSettings) {
    this.#settings = settings;
    this.held = new HeldState(() => delivered(settings.policy), settled);
  }

  answer(request: SimulatedRequest): SimulatedResponse {
    this.held.tick();
    try {
      const call = callOf(request);
      checkSignature(request, call.service, region, this.#settings.keys);
      return this.#carryOut(call);
    } catch (error) {
      if (error instanceof Failure) return forms[operationOf(request).service].failed(error);
      throw error;
    }
  }

  #carryOut(call: Call): SimulatedResponse {
    const { service, operation, input } = call;
    const carryOut = this.#operations[operation];
    if (carryOut === undefined || !shapes[service].has(`${operation}Request`))
      throw new Failure('UnknownOperationException', `${operation} is not simulated`);
    this.#check(call);
    const before = this.held.now;
    const { state, output } = carryOut(before, input, this.held.requests);
    const wrote = state !== before;
    if (input['DryRun'] === 'true')
      throw new Failure('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
    if (wrote) this.#refuseMarked(call);
    this.held.set(state);
    return forms[service].success(operation, output, wrote);
  }

  #check({ service, operation, input }: Call): void {
    const fault = shapes[service].check(`${operation}Request`, input);
    if (fault === undefined) return;
    const { kind, path, value } = fault;
    if (service === 'network-firewall')
      throw invalidRequest(
        `${kind} parameter${kind === 'unsimulated' ? ': the simulator does not know it' : ''}`,
        value,
        path,
      );
    const code = {
      missing: 'MissingParameter',
      unknown: 'UnknownParameter',
      invalid: 'InvalidParameterValue',
      unsimulated: 'InvalidParameter',
    }[kind];
    throw new Failure(code, `The parameter ${path} is ${kind}`);
  }

  #refuseMarked({ service, input }: Call): void {
    const id = input['PrefixListId'];
    const about = typeof id === 'string' ? (this.held.now.lists.get(id)?.name ?? '') : '';
    const marked = this.held.refusedIn(`${JSON.stringify(input)} ${about}`);
    if (marked === undefined) return;
    throw service === 'ec2'
      ? new Failure('InvalidParameterValue', `${marked} is refused`)
      : invalidRequest('refused', marked, 'RulesString');
  }

  readonly #operations: Readonly<Record<string, Operation>> = {
    CreateManagedPrefixList: (state, input, now) => lists.createList(state, input, this.#progress(now)),
    ModifyManagedPrefixList: (state, input, now) => lists.modifyList(state, input, this.#progress(now)),
    DeleteManagedPrefixList: (state, input, now) => lists.deleteList(state, input, this.#progress(now)),
    DescribeManagedPrefixLists: reading(lists.describeLists),
    GetManagedPrefixListEntries: reading(lists.listEntries),
    CreateContainerAssociation: (state, input, now) => followed.createAssociation(state, input, this.#progress(now)),
    UpdateContainerAssociation: (state, input, now) => followed.updateAssociation(state, input, this.#progress(now)),
    DeleteContainerAssociation: (state, input, now) => followed.deleteAssociation(state, input, this.#progress(now)),
    DescribeContainerAssociation: reading(followed.describeAssociation),
    ListContainerAssociations: reading(followed.listAssociations),
    StartQuery: reading((_, input) => logs.startQuery(input)),
    GetQueryResults: reading(() => logs.queryResults(this.#logged.list())),
    CreateRuleGroup: groups.createGroup,
    UpdateRuleGroup: groups.updateGroup,
    DeleteRuleGroup: groups.deleteGroup,
    DescribeRuleGroup: reading(groups.describeGroup),
    DescribeRuleGroupMetadata: reading(groups.describeMetadata),
    ListRuleGroups: reading(groups.listGroups),
    DescribeFirewallPolicy: reading(firewall.describePolicy),
    UpdateFirewallPolicy: firewall.updatePolicy,
    DescribeFirewall: reading((state, input, now) =>
      firewall.describeFirewall(state, input, now, this.#settings.zones),
    ),
    ListVpcEndpointAssociations: reading(firewall.listEndpoints),
    StartFlowFlush: (state, input, now) =>
      firewall.startFlowOperation(state, input, 'FLOW_FLUSH', now + this.#settings.settleRequests),
    StartFlowCapture: (state, input, now) =>
      firewall.startFlowOperation(state, input, 'FLOW_CAPTURE', now + this.#settings.settleRequests),
    DescribeFlowOperation: reading(firewall.describeFlowOperation),
  };

  #progress(now: number): lists.Progress {
    return { now, takes: this.#settings.settleRequests + 1 };
  }

  verdict(flow: SimulatedFlow): SimulatedVerdict {
    return verdict(this.held.now, flow, (logged) => this.#logged.count(logged, Date.now()));
  }

  dump(): Readonly<Record<string, unknown>> {
    const { lists: all, associations, groups: rules, policy } = this.held.now;
    return {
      lists: [...all.values()].map((list) => ({ ...list, entries: [...list.entries.keys()].sort() })),
      associations: [...associations.values()],
      groups: [...rules.values()].map((group) => ({ ...group, text: textOf(group.document) })),
      policy: policy.document,
    };
  }

  reset(): void {
    this.held.reset();
    this.#logged.clear();
  }

  checkpoint(): () => void {
    return this.held.checkpoint();
  }

  failure(status: number, request: SimulatedRequest): SimulatedResponse {
    const code = failures[status] ?? 'InternalServerError';
    return forms[operationOf(request).service].failed(new Failure(code, 'An internal error has occurred', status));
  }

  throttled(request: SimulatedRequest): SimulatedResponse {
    const { service } = operationOf(request);
    const [code, status] =
      service === 'ec2' ? (['RequestLimitExceeded', 503] as const) : (['ThrottlingException', 400] as const);
    return forms[service].failed(new Failure(code, 'Rate exceeded', status));
  }

  /** The operation in place of the path, which is always the same; the signature is a header and not recorded. */
  recordable(request: SimulatedRequest): { readonly path: string; readonly body: string } {
    const { service, operation } = operationOf(request);
    return { path: operation === '' ? request.path : `/${service}/${operation}`, body: request.body };
  }
}

const failures: Readonly<Record<number, string>> = {
  401: 'AuthFailure',
  403: 'AccessDeniedException',
  404: 'UnknownOperationException',
  503: 'ServiceUnavailable',
};

function reading(read: (state: State, input: JsonObject, now: number) => JsonObject): Operation {
  return (state, input, now) => ({ state, output: read(state, input, now) });
}
