import { readAddresses } from '../audit/addresses/address-files.ts';
import { LinesWithStates } from '../audit/files/lines-with-states.ts';
import { holeSentences } from '../core/audit/continuity.ts';
import { formatInstant } from '../core/time/instant.ts';
import { verdictThen, type VerdictThen } from '../report/record/verdict-then.ts';
import type { AskedFlow } from '../verify/why/step.ts';
import { readRecord } from './report/record.ts';
import { outsideOf } from './world-then.ts';

/** What became of a flow at a moment that is on record. */
export interface WhyThen {
  /** `namespace/pod` */
  readonly pod: string;
  readonly flow: AskedFlow;
  /** RFC 3339 */
  readonly at: string;
  /** Deny if a rule of any point denied it, or none permitted it; Unknown if that is not known. */
  readonly verdict: VerdictThen['verdict'];
  /** Addresses that the pod had then. */
  readonly addresses: readonly string[];
  readonly points: readonly VerdictThen[];
  /** Why it is not known, or may be otherwise; a sentence each. */
  readonly doubts: readonly string[];
}

/**
 * From the record of writes and the record of addresses beside it: no cluster and no device is asked.
 *
 * @param at milliseconds since the epoch
 */
export async function whyThen(directory: string, pod: string, flow: AskedFlow, at: number): Promise<WhyThen> {
  const moment = formatInstant(at);
  const [{ record, faults }, states] = await Promise.all([
    readAddresses(directory),
    readRecord(new LinesWithStates(directory), { until: moment, verify: false }),
  ]);
  const held = record.assignments.filter((one) => `${one.namespace}/${one.pod}` === pod && one.since <= at);
  const then = held.filter(({ until = Infinity }) => at < until);
  const addresses = [...new Set(then.map(({ address }) => address))];
  const nodes = new Set(then.map(({ node }) => node));
  const ofNodes = record.assignments.filter(
    ({ hostNetwork, node, since, until = Infinity }) => hostNetwork && nodes.has(node) && since <= at && at < until,
  );
  const shared = ofNodes.map(({ address }) => address);
  const begun = [...states].filter(([, { record: state }]) => state.records > 0);
  const points = begun.map(([point, { record: state }]) => verdictThen(point, state, { own: addresses, shared }, flow));
  const doubts = [
    ...faults.map((fault) => `A line of the record of addresses cannot be read: ${fault}.`),
    ...outsideOf(record, at),
    ...(addresses.length === 0 ? [`Which address ${pod} had then is not on record.`] : []),
    ...begun.flatMap(([point, { record: state }]) => holeSentences(state.holes, point)),
    ...(points.length === 0 ? ['Nothing is on record of any enforcement point then.'] : []),
  ];
  const known = doubts.length > 0 ? 'Unknown' : strictestVerdict(points);
  return { pod, flow, at: moment, verdict: known, addresses, points, doubts };
}

/** A flow passes every point that knows it; which points covered a namespace is not on record, and one without a rule may not have. */
function strictestVerdict(points: readonly VerdictThen[]): VerdictThen['verdict'] {
  const knowing = points.filter(({ rule, verdict }) => rule !== null || verdict === 'Unknown');
  const verdicts = new Set(knowing.map(({ verdict }) => verdict));
  if (knowing.length === 0) return 'Deny';
  return verdicts.has('Deny') ? 'Deny' : verdicts.has('Unknown') ? 'Unknown' : 'Accept';
}
