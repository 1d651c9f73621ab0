import type { Adapter } from '../adapter/adapter.ts';
import { AdapterError } from '../adapter/errors.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { Pod } from '../core/model/snapshot.ts';
import { UsageError } from '../core/model/usage-error.ts';
import { isRule, type Resource } from '../core/model/resource.ts';
import type { DeviceTable } from '../core/model/table.ts';
import { counted } from '../core/text/wording.ts';
import { asNetwork } from '../net/cidr.ts';
import { NetworkSet } from '../net/network-set.ts';
import { covers } from '../verify/layers.ts';
import type { Handed } from '../verify/perimeter/handover.ts';
import { sourcesIn } from '../verify/perimeter/sources.ts';
import type { Sessions } from '../worker/sessions/sessions.ts';
import type { Device } from './devices.ts';
import { compileIntent, type Intent } from './intent.ts';
import { planPoint } from './plan.ts';

/** A device with the rules of others on it, after ours were found to be as they should be. */
export interface HandedDevice extends Handed {
  /** The rule of others of that name, as it was read. */
  readonly rule: (name: string) => Resource | undefined;
  readonly retire: NonNullable<Adapter['retire']>;
}

/** The rules on a device in their order. @throws UsageError where it is not known whose they are, AdapterError where it was not read completely */
export function tableOf({ metadata, spec }: EnforcementPoint, { adapter, context, observed }: Device): DeviceTable {
  if (adapter.table === undefined || spec.vantage.type !== 'Pod')
    throw new UsageError(
      `EnforcementPoint/${metadata.name} does not see pods by their own addresses (vantage Pod), so its rules cannot be assigned to workloads`,
    );
  if (!observed.complete) throw new AdapterError('transient', 'The device could not be read completely: try again.');
  return adapter.table(observed.resources, context, observed.others ?? []);
}

/** The pods that a point covers, with the addresses by which it meets them. */
export function coveredPods(point: EnforcementPoint, { snapshot }: Pick<Intent, 'snapshot'>): readonly Pod[] {
  const labels = new Map(snapshot.namespaces.map((one) => [one.name, one.labels]));
  const { vantage } = point.spec;
  const { ofPod } = sourcesIn(snapshot, undefined, [vantage]);
  const covered = snapshot.pods.filter(({ namespace }) => covers(point, labels.get(namespace) ?? {}));
  return covered.map((pod) => ({ ...pod, addresses: ofPod(pod, vantage) }));
}

/**
 * Reads the device of a point.
 *
 * @throws AdapterError while ours are not there, and in force, exactly as intended; UsageError in mode Observe, and where its rules
 *   cannot be told or switched off
 */
export async function handedDevice(
  point: EnforcementPoint,
  intent: Intent,
  sessions: Sessions,
  now: number,
): Promise<HandedDevice> {
  const { name } = point.metadata;
  if (point.spec.mode !== 'Enforce')
    throw new UsageError(
      `EnforcementPoint/${name} is in mode Observe, in which the rules of Postern are not kept up to date: apply the adopted policies and set it to Enforce`,
    );
  const { adapter, session, context } = await sessions.open(point);
  const observed = await session.observe();
  const table = tableOf(point, { adapter, context, observed });
  if (adapter.retire === undefined || session.retire === undefined)
    throw new UsageError(`${adapter.kind}: Postern cannot switch off foreign rules on this device: do it there`);
  const { changes } = planPoint(point, compileIntent(intent.snapshot, now).desired(name), {
    adapter,
    context,
    observed,
  });
  // Pods come and go all the time: the members of Postern's groups are checked by the proof.
  const differences = changes.filter(({ op }) => op !== 'members').length;
  if (differences > 0 || table.rules.every(({ foreign }) => foreign === true))
    throw new AdapterError('conflict', notThere(differences));
  const live = await session.live();
  if (live.state === 'pending')
    throw new AdapterError(
      'transient',
      `Postern's rules are not in force yet: ${live.evidence}; try again in a moment.`,
    );
  if (live.state === 'unknown')
    throw new AdapterError(
      'unsupported',
      `Nothing is taken over: it is not known whether Postern's rules are in force, ${live.evidence}.`,
    );
  // An address or a service may be called as a rule is.
  const others = new Map((observed.others ?? []).filter(isRule).map((one) => [one.name, one]));
  return { table, ...addressesOf(point, intent), rule: (own) => others.get(own), retire: adapter.retire.bind(adapter) };
}

function notThere(differences: number): string {
  const what =
    differences === 0
      ? 'no rule of Postern is there'
      : `it differs from the intent in ${counted(differences, 'object')}`;
  return `Nothing is taken over: ${what}; wait until Postern has brought it up to date (\`postern plan --live\`).`;
}

function addressesOf(point: EnforcementPoint, intent: Intent): Pick<Handed, 'about' | 'spare'> {
  const own = NetworkSet.of(point.spec.clusterNetworks ?? []);
  const covered = coveredPods(point, intent).flatMap(({ addresses }) => addresses);
  const { pods, nodes } = intent.snapshot;
  const held = [...pods, ...nodes].flatMap(({ addresses }) => addresses);
  const setOf = (addresses: readonly string[]): NetworkSet => NetworkSet.of(addresses.map(asNetwork));
  return {
    about: NetworkSet.of([...covered.map(asNetwork), ...(point.spec.clusterNetworks ?? [])]),
    spare: own.without(setOf(held)),
  };
}
