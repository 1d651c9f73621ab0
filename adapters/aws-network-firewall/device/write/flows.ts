import { z } from 'zod';
import { keysSchema } from '../../../../kit/common/handle.ts';
import { isObject, textOf } from '../../../../kit/common/api/json.ts';
import type { Outcome } from '../../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import type { ResourceKey } from '../../../../src/core/model/resource.ts';
import type { Firewall, Known } from '../known.ts';

/*
 * Rules hold for new connections. Those that an address has open when it is withdrawn are flushed, zone by zone: what goes
 * on of them is then taken for traffic whose beginning was not seen, which the policy stops.
 */

/** Filters that one flush takes. */
const filtersPerCall = 20;
const pollAfterMs = 3_000;
/** More than were ever begun at once; each is a request when it is asked after. */
const mostFlushes = 2_000;

const flush = z.strictObject({ zone: z.string().max(100), id: z.string().max(100) });
type Flush = z.infer<typeof flush>;

/** A flush that is under way, as a handle tells it. */
export const flushingSchema = z.strictObject({
  firewall: z.string().max(500),
  keys: keysSchema,
  flushes: z.array(flush).max(mostFlushes),
});
type Flushing = z.infer<typeof flushingSchema>;

/** The addresses that these changes withdraw; none where the config does not ask for it. */
export function withdrawnBy(changes: readonly Change[], { config }: Firewall): readonly string[] {
  if (!config.flushWithdrawn) return [];
  return [
    ...new Set(
      changes.flatMap((change) => (change.op === 'members' && change.phase === 'revoke' ? change.remove : [])),
    ),
  ];
}

/** Starts the flushes, and leaves these changes pending until they have ended. */
export async function flushAddresses(
  { ask }: Firewall,
  known: Known,
  addresses: readonly string[],
  keys: readonly ResourceKey[],
): Promise<readonly Outcome[]> {
  const flushes: Flush[] = [];
  for (const zone of known.zones) {
    for (let at = 0; at < addresses.length; at += filtersPerCall) {
      const filters = addresses
        .slice(at, at + filtersPerCall)
        .map((address): JsonObject => ({ SourceAddress: { AddressDefinition: address } }));
      const answer = await ask.firewall('StartFlowFlush', {
        FirewallArn: known.firewallArn,
        AvailabilityZone: zone,
        FlowFilters: filters,
      });
      flushes.push({ zone, id: textOf(answer['FlowOperationId']) });
    }
  }
  return pending({ firewall: known.firewallArn, keys: [...keys], flushes });
}

export async function pollFlushes(
  { ask }: Firewall,
  { firewall, keys, flushes }: Flushing,
): Promise<readonly Outcome[]> {
  const left: Flush[] = [];
  for (const { zone, id } of flushes) {
    const answer = await ask.firewall('DescribeFlowOperation', {
      FirewallArn: firewall,
      AvailabilityZone: zone,
      FlowOperationId: id,
    });
    const status = textOf(answer['FlowOperationStatus']);
    if (status === 'IN_PROGRESS') left.push({ zone, id });
    else if (status !== 'COMPLETED')
      return keys.map((key) => ({
        key,
        result: 'error',
        error: unfinished(zone, status, textOf(answer['StatusMessage'])),
      }));
  }
  return left.length > 0 ? pending({ firewall, keys, flushes: left }) : keys.map((key) => ({ key, result: 'done' }));
}

function pending(flushing: Flushing): readonly Outcome[] {
  const handle = JSON.stringify(flushing);
  return flushing.keys.map((key) => ({ key, result: 'pending', handle, pollAfterMs, deviceSays: 'flushing flows' }));
}

function unfinished(zone: string, status: string, why: string): AdapterError {
  const said = why === '' ? '' : ` (${why.slice(0, 200)})`;
  return new AdapterError(
    'transient',
    `Connections of withdrawn addresses may go on in ${zone}: the flow flush ended as ${status}${said}. Flush them there, or wait until they end.`,
  );
}

/** The zones in which the firewall has endpoints. */
export function zonesIn(answer: JsonObject): readonly string[] {
  const status = answer['FirewallStatus'];
  const zones = isObject(status) ? status['SyncStates'] : undefined;
  return isObject(zones) ? Object.keys(zones) : [];
}
