import type { Answer, Jurisdiction } from './intent.ts';
import type { Flows, Reach } from '../flows/flow-set.ts';
import { addressIntervals } from '../flows/intervals.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import type { Probe } from '../flows/probes.ts';

/** What the intent says of every probe, per set of rules that a pod is subject to. */
export interface IntentLayer {
  /** One byte per probe: 1 is Accept. */
  readonly accepts: (jurisdiction: Jurisdiction) => Uint8Array;
  readonly answer: (jurisdiction: Jurisdiction, flow: Omit<Probe, 'index'>) => Answer;
}

export function intentLayer(index: ProbeIndex): IntentLayer {
  const flows = index.probes.map(flowsOf);
  const accepted = new Map<string, Uint8Array>();
  const within = withinOnce(index);
  const judge = ({ reaches, judge: ask }: Jurisdiction): Uint8Array => {
    const verdicts = new Uint8Array(flows.length);
    const [first] = flows;
    // Without a rule about a flow there is only the default.
    const silent = first !== undefined && ask({ to: { addresses: [] }, ports: [] }).verdict === 'Accept';
    if (silent) verdicts.fill(1);
    const concerned = new Set(reaches.flatMap((reach) => within(reach)));
    for (const { index: at } of concerned) {
      const flow = flows[at];
      if (flow) verdicts[at] = ask(flow).verdict === 'Accept' ? 1 : 0;
    }
    return verdicts;
  };
  return {
    accepts: (jurisdiction) => {
      const known = accepted.get(jurisdiction.key) ?? judge(jurisdiction);
      accepted.set(jurisdiction.key, known);
      return known;
    },
    answer: ({ judge: ask }, flow) => ask(flowsOf(flow)),
  };
}

/** Rules with inline destinations are many, and mostly lead to the same few. */
function withinOnce(index: ProbeIndex): (reach: Reach) => readonly Probe[] {
  const byReach = new Map<Reach, readonly Probe[]>();
  const byText = new Map<string, readonly Probe[]>();
  return (reach) => {
    const known = byReach.get(reach);
    if (known) return known;
    const text = textOf(reach);
    const found = byText.get(text) ?? index.within(reach);
    byText.set(text, found);
    byReach.set(reach, found);
    return found;
  };
}

function textOf({ everyName, names, addresses, ports }: Reach): string {
  const spans = [...addresses, ...ports].map(({ space, first, last }) => `${space}:${first}-${last}`);
  return `${everyName} ${names.join()} ${spans.join()}`;
}

/** A name that an address stands beside is what was asked for; the address is how the network knows it. */
function flowsOf({ host, address = '', port, protocol }: Omit<Probe, 'index'>): Flows {
  const at = { first: BigInt(port), last: BigInt(port) };
  const to = host === undefined ? { addresses: addressIntervals([networkOf(address)]) } : { name: host, except: [] };
  return { to, ports: [{ space: protocol, ...at }] };
}

function networkOf(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}
