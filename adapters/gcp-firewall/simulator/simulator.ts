import { serveSimulator } from '../../../kit/simulator/http.ts';
import type { Simulator, SimulatorOptions } from '../../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { GcpDevice } from './device.ts';
import { Accounts } from './login.ts';
import { names, type Failure, type State } from './state.ts';

export interface GcpOptions extends SimulatorOptions {
  /** Milliseconds that a change of a policy takes. */
  readonly operationMs?: number;
  /** The time in milliseconds, when so many requests were made; absent: as it is. */
  readonly now?: (requests: number) => number;
  /** The clock of Google, by which tokens are judged; absent: as it is. */
  readonly clock?: () => number;
  readonly pageSize?: number;
  /** Is the Network Security API switched on in the project? Absent: yes. */
  readonly hasAddressGroups?: boolean;
  readonly mostTuples?: number;
  readonly region?: string;
  /** Fields of the policy beside those that it needs. */
  readonly policy?: JsonObject;
  /** Policies of the organisation and its folders, with their rules. */
  readonly hierarchy?: readonly JsonObject[];
}

/** A project with a firewall policy to practise on, with the hands of another administrator. */
export interface GcpSimulator extends Simulator {
  readonly state: State;
  readonly accounts: Accounts;
  edit(change: (state: State) => State): void;
  /** From now on a write of what this names is refused, until the device is reset. */
  refuse(text: string): void;
  /** The next change of a policy is accepted, and ends so. */
  failNext(failure: Failure): void;
}

export async function startGcpFirewall(options: GcpOptions): Promise<GcpSimulator> {
  const version = options.version ?? 'v1';
  if (version !== 'v1') throw new RangeError(`version ${version} of the API is not simulated; known: v1`);
  const { operationMs = 2_000, now = () => Date.now(), clock = () => Date.now(), region } = options;
  const { pageSize = 100, hasAddressGroups = true, mostTuples = 1_000_000, policy = {}, hierarchy = [] } = options;
  const accounts = new Accounts(clock);
  const settings = { accounts, operationMs, now, pageSize, hasAddressGroups, mostTuples, policy, hierarchy };
  const device = new GcpDevice({ ...settings, ...(region !== undefined && { region }) });
  const { operations } = device;
  const identity = { kind: 'gcp-firewall', version, credentials: {} };
  const served = await serveSimulator(identity, device, options);
  operations.origin = served.url;
  return {
    ...served,
    credentials: { 'credentials.json': accounts.keyFile(served.url), token: accounts.tokens.forever },
    accounts,
    config: {
      project: names.project,
      policy: names.policy,
      ...(region !== undefined && { region }),
      url: served.url,
      networkSecurityUrl: served.url,
      loginUrl: served.url,
    },
    get state() {
      return operations.held.now;
    },
    edit: (change) => operations.held.edit(change),
    refuse: (text) => operations.held.refuse(text),
    failNext: (failure) => operations.failNext(failure),
  };
}
