import { textOf } from '../../../../kit/common/api/json.ts';
import { Failure } from '../../../../kit/simulator/aws/calls.ts';
import type { Counter } from '../../../../kit/simulator/traffic/counters.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';

/*
 * CloudWatch Logs with the alert log of the firewall, and the one question that is asked of it: how often each line was hit,
 * by the CloudWatch Logs API reference (StartQuery, GetQueryResults).
 */

export const alertLogGroup = '/aws/network-firewall/edge/alert';

/** Of a line that has decided, or would have passed what a later one stopped. */
export interface Logged {
  readonly sid: string;
  readonly verdict: 'pass' | 'drop';
}

export function startQuery(input: JsonObject): JsonObject {
  const { logGroupName, queryString, startTime, endTime } = input;
  if (logGroupName !== alertLogGroup)
    throw new Failure('ResourceNotFoundException', `The log group ${textOf(logGroupName)} does not exist.`);
  if (typeof startTime !== 'number' || typeof endTime !== 'number' || startTime >= endTime)
    throw new Failure('InvalidParameterException', 'startTime must be before endTime');
  const isKnown =
    /^filter firewall_name = "edge" and event\.event_type = "alert" \| stats count\(\*\) as hits, .* by event\.alert\.signature_id, event\.verdict\.action$/;
  if (!isKnown.test(textOf(queryString))) throw new Failure('MalformedQueryException', 'only one query is simulated');
  return { queryId: '00000000-0000-4000-8000-00000000000a' };
}

export function queryResults(counters: readonly Counter<Logged>[]): JsonObject {
  const seconds = (ms: number): string => String(Math.floor(ms / 1_000));
  const results = counters.map(({ subject, hits, firstUsed, lastUsed }) => [
    { field: 'event.alert.signature_id', value: subject.sid },
    { field: 'event.verdict.action', value: subject.verdict },
    { field: 'hits', value: String(hits) },
    { field: 'first', value: seconds(firstUsed) },
    { field: 'last', value: seconds(lastUsed) },
  ]);
  return { status: 'Complete', results };
}
