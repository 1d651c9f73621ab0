import { randomBytes } from 'node:crypto';
import { serveSimulator } from '../../../kit/simulator/http.ts';
import type { Simulator, SimulatorOptions } from '../../../kit/simulator/simulator.ts';
import { PanosDevice } from './device.ts';
import { entriesOf, withEntries, type Config, type Entry, type State, type Table } from './state.ts';

const versions: Readonly<Record<string, string>> = { '10.2': '10.2.9', '11.1': '11.1.4', '11.2': '11.2.3' };
const newest = '11.2';

export interface PanosOptions extends SimulatorOptions {
  /** What a commit takes until it is in force. */
  readonly commitMs?: number;
  /** Registered addresses that the device holds. */
  readonly maxRegistered?: number;
  readonly model?: string;
  /** Milliseconds since the epoch; absent: the clock on the wall. */
  readonly now?: () => number;
  /** By so much each request moves its clock. */
  readonly requestMs?: number;
}

/** A firewall to practise on, with the hands of another administrator, whose edits are in force at once. */
export interface PanosSimulator extends Simulator {
  readonly state: State;
  /** Changes a table in both configurations. */
  edit(table: Table, change: (entries: readonly Entry[]) => readonly Entry[]): void;
  /** An edit that another administrator has not committed. */
  editCandidate(table: Table, admin: string, entry: Entry): void;
  /** Changes everything else. */
  change(change: (state: State) => State): void;
  refuse(name: string): void;
  deny(type: string): void;
  failNextCommit(details: string): void;
}

/** @throws RangeError for a version that is not simulated */
export async function startPanos(options: PanosOptions): Promise<PanosSimulator> {
  const asked = options.version ?? newest;
  const version = versions[asked] ?? Object.values(versions).find((one) => one === asked);
  if (version === undefined)
    throw new RangeError(`PAN-OS ${asked} is not simulated; known: ${Object.keys(versions).join(', ')}`);
  const credentials = {
    username: 'postern',
    password: randomBytes(12).toString('hex'),
    apiKey: randomBytes(32).toString('base64url'),
  };
  const device = new PanosDevice({
    ...credentials,
    version,
    model: options.model ?? 'PA-VM',
    commitMs: options.commitMs ?? 0,
    maxRegistered: options.maxRegistered ?? 10_000,
    now: options.now ?? ((): number => Date.now()),
    requestMs: options.requestMs ?? 0,
    zones: ['trust', 'untrust'],
    profileGroups: ['default', 'strict'],
    logSettings: ['default'],
  });
  const served = await serveSimulator({ kind: 'panos', version, credentials }, device, options);
  return {
    ...served,
    get state() {
      return device.state;
    },
    edit: (table, change) => {
      const changed = (config: Config): Config => withEntries(config, table, change(entriesOf(config, table)));
      const { candidate, running } = device.state;
      device.state = { ...device.state, candidate: changed(candidate), running: changed(running) };
    },
    editCandidate: (table, admin, entry) => {
      const { candidate, edited } = device.state;
      const others = entriesOf(candidate, table).filter(({ name }) => name !== entry.name);
      device.state = {
        ...device.state,
        candidate: withEntries(candidate, table, [...others, entry]),
        edited: new Map([...edited, [`${table} ${entry.name}`, admin]]),
      };
    },
    change: (change) => {
      device.state = change(device.state);
    },
    refuse: (name) => device.refuse(name),
    deny: (type) => device.deny(type),
    failNextCommit: (details) => device.failNextCommit(details),
  };
}
