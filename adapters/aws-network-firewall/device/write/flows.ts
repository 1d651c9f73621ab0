import { z } from 'zod';
import { pages } from '../../../../kit/aws/pages.ts';
import { isClass, unlessRefused } from '../../../../kit/common/api/answers.ts';
import { objectOf, objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import { keysSchema } from '../../../../kit/common/handle.ts';
import type { Live, Outcome } from '../../../../src/adapter/adapter.ts';
import { asAdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import type { ResourceKey } from '../../../../src/core/model/resource.ts';
import type { Firewall } from '../known.ts';
import { readFirewall } from '../read/firewall.ts';

/*
 * Rules hold for new connections. Those that an address has open when it is withdrawn are flushed, at each endpoint of the
 * firewall: what goes on of them is then taken for traffic whose beginning was not seen, which the policy stops.
 */

/** Filters that one flush takes. */
const filtersPerCall = 20;
const pollAfterMs = 3_000;
/** More than were ever begun at once; each is a request when it is asked after. */
const mostFlushes = 2_000;

/** Where a firewall has flows: at its endpoint in a zone, or at one that it was given in another VPC. */
const placeSchema = z.union([
  z.strictObject({ AvailabilityZone: z.string().max(100) }),
  z.strictObject({ VpcEndpointAssociationArn: z.string().max(256) }),
]);

const flushSchema = z.strictObject({
  place: placeSchema,
  /** The first of the addresses that it is about. */
  from: z.int().min(0),
  /** Empty: it is to be started. */
  id: z.string().max(100),
});
type Flush = z.infer<typeof flushSchema>;

/** Flushes that are in progress, as a handle tells of them. */
export const flushingSchema = z.strictObject({
  firewall: z.string().max(500),
  keys: keysSchema,
  addresses: z.array(z.string().max(50)).max(mostFlushes * filtersPerCall),
  flushes: z.array(flushSchema).max(mostFlushes),
});
type Flushing = z.infer<typeof flushingSchema>;

/** The addresses that a change takes from those who may pass; none where the config does not ask for it. */
export function withdrawnBy(change: Change, { config }: Pick<Firewall, 'config'>): readonly string[] {
  if (!config.flushWithdrawn) return [];
  if (change.op === 'members') return change.phase === 'revoke' ? change.remove : [];
  return change.op === 'delete' && change.before.effect === 'Accept' ? (change.before.members ?? []) : [];
}

/** Withdrawn addresses whose connections AWS would not flush, or could not yet. */
export type Unflushed = Set<string>;

/**
 * Changes that were carried out are pending until the connections of the addresses that they withdraw are gone.
 *
 * @param withdrawn by the name of what held them
 * @throws AdapterError where AWS does not flush; the addresses are then kept
 */
export async function flushed(
  firewall: Firewall,
  outcomes: readonly Outcome[],
  withdrawn: ReadonlyMap<string, readonly string[]>,
  unflushed: Unflushed,
): Promise<readonly Outcome[]> {
  const isDone = ({ key, result }: Outcome): boolean => result === 'done' && withdrawn.has(key.name);
  const keys = outcomes.filter(isDone).map(({ key }) => key);
  const addresses = [...new Set(keys.flatMap(({ name }) => withdrawn.get(name) ?? []))];
  if (addresses.length === 0) return outcomes;
  try {
    const flushing = await flush(firewall, addresses, keys);
    return [...outcomes.filter((outcome) => !isDone(outcome)), ...flushing];
  } catch (error) {
    for (const address of addresses) unflushed.add(address);
    throw error;
  }
}

/** Flushes what could not be flushed before. @returns undefined: there is nothing of it */
export async function flushLeft(firewall: Firewall, unflushed: Unflushed): Promise<Live | undefined> {
  if (unflushed.size === 0) return undefined;
  const [first] = unflushed;
  const whose = `connections of ${unflushed.size} withdrawn addresses (${first}, ...)`;
  try {
    await flush(firewall, [...unflushed], []);
    unflushed.clear();
    return { state: 'pending', evidence: `${whose} are being flushed`, lookAgainAfterMs: pollAfterMs };
  } catch (error) {
    return { state: 'pending', evidence: `${whose} may go on: ${asAdapterError(error).message}` };
  }
}

async function flush(
  firewall: Firewall,
  addresses: readonly string[],
  keys: readonly ResourceKey[],
): Promise<readonly Outcome[]> {
  const { firewallArn, answer } = await readFirewall(firewall);
  const places = [...zonesIn(answer), ...(await endpointsElsewhere(firewall, firewallArn))];
  const chunks = Array.from({ length: Math.ceil(addresses.length / filtersPerCall) }, (_, at) => at * filtersPerCall);
  const flushes = places.flatMap((place) => chunks.map((from): Flush => ({ place, from, id: '' })));
  return flushOn(firewall, { firewall: firewallArn, keys: [...keys], addresses: [...addresses], flushes });
}

/** Starts and asks after flushes, as far as that goes now; one that has not ended well is begun again the next time. */
export async function flushOn({ ask }: Firewall, flushing: Flushing): Promise<readonly Outcome[]> {
  const left: Flush[] = [];
  let deviceSays = 'flushing flows';
  const at = ({ place }: Flush): JsonObject => ({ FirewallArn: flushing.firewall, ...place });
  const next = async (one: Flush): Promise<Flush | undefined> => {
    if (one.id === '') {
      const own = flushing.addresses.slice(one.from, one.from + filtersPerCall);
      const FlowFilters = own.map((address) => ({ SourceAddress: { AddressDefinition: address } }));
      const answer = await ask.firewall('StartFlowFlush', { ...at(one), FlowFilters });
      return { ...one, id: textOf(answer['FlowOperationId']) };
    }
    const answer = await ask.firewall('DescribeFlowOperation', { ...at(one), FlowOperationId: one.id });
    const status = textOf(answer['FlowOperationStatus']);
    if (status === 'COMPLETED') return undefined;
    if (status === 'IN_PROGRESS') return one;
    deviceSays = unfinished(one, status, textOf(answer['StatusMessage']));
    return { ...one, id: '' };
  };
  for (const [number, one] of flushing.flushes.entries()) {
    try {
      const going = await next(one);
      if (going !== undefined) left.push(going);
    } catch (error) {
      if (!isClass(error, 'transient', 'throttled', 'busy')) throw error;
      deviceSays = asAdapterError(error).message;
      for (const other of flushing.flushes.slice(number)) left.push(other);
      break;
    }
  }
  if (left.length === 0) return flushing.keys.map((key) => ({ key, result: 'done' }));
  const handle = JSON.stringify({ ...flushing, flushes: left });
  return flushing.keys.map((key) => ({ key, result: 'pending', handle, pollAfterMs, deviceSays }));
}

function unfinished({ place }: Flush, status: string, why: string): string {
  const said = why === '' ? '' : ` (${why.slice(0, 200)})`;
  return `connections of withdrawn addresses may go on at ${Object.values(place).join()}: the flow flush ended as ${status}${said}, and Postern starts it again`;
}

function zonesIn(answer: JsonObject): readonly Flush['place'][] {
  const zones = objectOf(objectOf(answer['FirewallStatus'])['SyncStates']);
  return Object.keys(zones).map((AvailabilityZone) => ({ AvailabilityZone }));
}

/** Where the region does not know of any, there are none. */
async function endpointsElsewhere({ ask }: Firewall, FirewallArn: string): Promise<readonly Flush['place'][]> {
  const listed = pages(
    async (next) => ask.firewall('ListVpcEndpointAssociations', { FirewallArn, MaxResults: 100, ...next }),
    'NextToken',
    (answer) => objectsIn(answer['VpcEndpointAssociations']),
  );
  const rows = (await unlessRefused(listed, 'unsupported')) ?? [];
  return rows.map((row) => ({ VpcEndpointAssociationArn: textOf(row['VpcEndpointAssociationArn']) }));
}
