import { defaultAuditDir } from '../../../compose/choices.ts';
import { UsageError } from '../../../core/model/usage-error.ts';
import { whyThen, type WhyThen } from '../../../inspect/why-then.ts';
import { policyVersion } from '../../../report/output/audit-writes.ts';
import type { AskedFlow } from '../../../verify/why/step.ts';
import type { Paint } from '../../../core/text/paint.ts';
import { isData, writeData, type DataFormat } from '../../data.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../../io.ts';
import { timeOption } from '../../options/time.ts';
import { bracketed } from '../../../net/address.ts';

export interface WhyAtOptions {
  readonly at: string;
  readonly auditDir?: string;
  readonly filename?: readonly string[];
  readonly live?: true;
  readonly fromServiceaccount?: string;
  readonly output: 'text' | DataFormat;
}

/** What became of a flow at a moment on record: 4 where that is not known. */
export async function whyAt(pod: string, flow: AskedFlow, options: WhyAtOptions, io: Io): Promise<ExitCode> {
  if (options.filename !== undefined || options.live === true)
    throw new UsageError('files and devices say how it is now: leave out -f and --live, or leave out --at');
  if (options.fromServiceaccount !== undefined)
    throw new UsageError('with --at, name the pod: which address a ServiceAccount had is on record by pod');
  const directory = options.auditDir ?? io.environment.auditDir ?? defaultAuditDir;
  const found = await whyThen(directory, pod, flow, Date.parse(timeOption(options.at, io.clock.now())));
  if (isData(options.output)) writeData(found, options.output, io);
  else io.out.write(text(found, painter(io.out, io.environment)));
  return found.verdict === 'Unknown' ? exitCodes.unknown : exitCodes.ok;
}

const meanings = { Accept: 'good', Deny: 'bad', Unknown: 'warn' } as const;

function text({ pod, flow, at, verdict, addresses, points, doubts }: WhyThen, paint: Paint): string {
  const to = `${bracketed(flow.host ?? flow.address ?? '')}:${flow.port}/${flow.protocol}`;
  const under = addresses.length === 0 ? '' : ` as ${addresses.join(', ')}`;
  const steps = points.flatMap(({ point, verdict: here, rule, reason }) => [
    `  ${point}: ${paint(here, meanings[here])}, ${reason}`,
    ...(rule === null
      ? []
      : [`    ${rule.title}, since ${rule.since}`, ...rule.policies.map((one) => `      ${whose(one)}`)]),
  ]);
  const notes = doubts.map((doubt) => paint(`  ${doubt}`, 'warn'));
  return `${[`${pod}${under} to ${to} at ${at}: ${paint(verdict, meanings[verdict])}`, ...steps, ...notes].join('\n')}\n`;
}

type Policy = NonNullable<WhyThen['points'][number]['rule']>['policies'][number];

function whose(policy: Policy): string {
  const { approvedBy } = policy;
  if (approvedBy === undefined) return policyVersion(policy);
  const how = approvedBy.breakGlass ? 'in an emergency, by' : 'approved by';
  return `${policyVersion(policy)}, ${how} ${approvedBy.approver} until ${approvedBy.until}`;
}
