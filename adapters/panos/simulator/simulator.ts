import { randomBytes } from 'node:crypto';
import { serveSimulator } from '../../../kit/simulator/http.ts';
import type { Simulator, SimulatorOptions } from '../../../kit/simulator/simulator.ts';
import { deviceGroup } from './configuration.ts';
import { PanosDevice } from './device.ts';
import { entriesOf, withEntries, type Config, type Entry, type State, type Table } from './state.ts';

const versions: Readonly<Record<string, string>> = { '10.2': '10.2.9', '11.1': '11.1.4', '11.2': '11.2.3' };
const newest = '11.2';
const managedSerial = '007000000000002';

export interface PanosOptions extends SimulatorOptions {
  /** What a commit takes until it is in force. */
  readonly commitMs?: number;
  /** Registered addresses that the device holds. */
  readonly maxRegistered?: number;
  readonly model?: string;
  /** It is a Panorama with one device group, `edge`, and one firewall in it. */
  readonly panorama?: boolean;
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
  const isPanorama = options.panorama === true;
  const device = new PanosDevice({
    ...credentials,
    version,
    model: options.model ?? (isPanorama ? 'Panorama' : 'PA-VM'),
    manages: isPanorama ? managedSerial : undefined,
    commitMs: options.commitMs ?? 0,
    maxRegistered: options.maxRegistered ?? 10_000,
    now: options.now ?? ((): number => Date.now()),
    requestMs: options.requestMs ?? 0,
    zones: isPanorama ? [] : ['trust', 'untrust'],
    profileGroups: ['default', 'strict'],
    logSettings: ['default'],
  });
  const served = await serveSimulator({ kind: 'panos', version, credentials }, device, options);
  const panorama = { deviceGroup, firewall: managedSerial };
  return {
    ...served,
    config: { url: served.url, ...(isPanorama && { panorama }) },
    get state() {
      return device.state;
    },
    edit: (table, change) => {
      const changed = (config: Config): Config => withEntries(config, table, change(entriesOf(config, table)));
      const { candidate, running, pushed } = device.state;
      const both = { candidate: changed(candidate), running: changed(running) };
      device.state = { ...device.state, ...both, ...(isPanorama && { pushed: changed(pushed) }) };
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
