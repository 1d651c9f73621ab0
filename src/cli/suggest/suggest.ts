import { readAddresses } from '../../audit/addresses/address-files.ts';
import { defaultAuditDir } from '../../compose/choices.ts';
import { AssignmentIndex } from '../../core/addresses/assignment-index.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { parseAddress } from '../../net/address.ts';
import { faultOfCidr, parseCidr } from '../../net/cidr.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { counted } from '../../core/text/wording.ts';
import { readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { recordOfNow } from '../../inspect/who.ts';
import { SeenFlows, type Counts, type Generalise } from '../../suggest/flows.ts';
import { manifestsOf, objectOf, seenText } from '../../suggest/manifests.ts';
import { policiesFor } from '../../suggest/policies.ts';
import { logFormats } from '../../traffic-log/formats.ts';
import { otherFormat } from '../../traffic-log/other-format.ts';
import type { LogFormatName } from '../../traffic-log/names.ts';
import { isIn } from '../../verify/values/networks.ts';
import { writeData } from '../data.ts';
import { exitCodes, writeProblems, type ExitCode, type Io } from '../io.ts';
import { eachLine } from '../lines.ts';

export interface SuggestOptions extends IntentOptions {
  readonly log: LogFormatName;
  readonly auditDir?: string;
  readonly utcOffset: number;
  readonly namesFromSni?: true;
  readonly networkPrefix?: Generalise['prefix'];
  /** Networks that are no outside. */
  readonly inside?: readonly string[];
  readonly output: 'yaml' | 'json';
}

/** Reads what workloads did from a log on standard input, and proposes the least policies that permit it. Applies nothing. */
export async function suggest(options: SuggestOptions, io: Io): Promise<ExitCode> {
  const cluster = options.cluster ?? io.environment.cluster ?? 'cluster';
  const { snapshot, problems } = await readIntent({ ...options, cluster }, io);
  writeProblems(problems, io);
  const isInside = insideOf(snapshot, options.inside ?? []);
  const generalise = { names: options.namesFromSni === true, prefix: options.networkPrefix ?? {} };
  const flows = new SeenFlows(new AssignmentIndex(await recordOf(options, snapshot, io)), isInside, generalise);
  const read = logFormats[options.log].reader({ offsetMs: options.utcOffset, destinations: true });
  await eachLine(io.stdin(), (lines) => {
    for (const line of lines) flows.add(read(line));
  });
  flows.end();
  const policies = policiesFor(flows.workloads, snapshot.pods);
  if (options.output === 'yaml') io.out.write(manifestsOf(policies));
  else {
    const shown = policies.map((policy) => {
      const { workload, alsoSelects, unseen, to } = policy;
      return { workload, alsoSelects, unseen, seen: to.map(seenText), object: objectOf(policy) };
    });
    writeData({ policies: shown, counts: flows.counts }, 'json', io);
  }
  io.err.write(`${countsText(flows.counts)}\n`);
  io.err.write(otherFormat(options.log, flows.counts));
  return exitCodes.ok;
}

/** Of files, who has an address now is treated as who had it; of a cluster the record says who had it then. */
async function recordOf({ filename, auditDir }: SuggestOptions, snapshot: Snapshot, io: Io) {
  if (filename !== undefined) return recordOfNow(snapshot, Infinity);
  const { record, faults } = await readAddresses(auditDir ?? io.environment.auditDir ?? defaultAuditDir);
  for (const fault of faults) io.err.write(`warning: ${fault}: this line of the record cannot be read\n`);
  return record;
}

/** What is in the cluster is no egress: pods, nodes, where points say that pods are, and what the person adds. */
function insideOf(
  { pods, nodes, enforcementPoints }: Snapshot,
  given: readonly string[],
): (address: string) => boolean {
  for (const text of given) {
    const fault = faultOfCidr(text);
    if (fault !== undefined) throw new UsageError(`--inside: ${fault}`);
  }
  const addresses = new Set([...pods, ...nodes].flatMap((one) => one.addresses));
  const declared = enforcementPoints.flatMap(({ spec }) => spec.clusterNetworks ?? []);
  const networks = [...given, ...declared].flatMap((text) => parseCidr(text) ?? []);
  return (text) => {
    const address = parseAddress(text);
    return addresses.has(text) || (address !== undefined && isIn(networks, address));
  };
}

function countsText({ lines, used, refused, inside, addressless, doubtful, unread, again }: Counts): string {
  const named = addressless === 0 ? '' : ` ${addressless} to a name alone, for --names-from-sni,`;
  const more = again === 0 ? '' : `, ${again} more about flows of other lines`;
  return `${counted(lines, 'line')}: ${used} counted, ${refused} refused by the device, ${inside} within the cluster,${named} ${doubtful} of an unknown pod, ${unread} without a flow or unreadable${more}`;
}
