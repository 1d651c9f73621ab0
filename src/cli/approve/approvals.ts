import type { NotYet } from '../../core/approval/reached.ts';
import { reviewsOf, type Review } from '../../core/approval/reviews.ts';
import { tableLines } from '../../core/text/text-table.ts';
import { parseInstant } from '../../core/time/instant.ts';
import { readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { isData, writeData, type DataFormat } from '../data.ts';
import { exitCodes, exitFor, painter, writeProblems, type ExitCode, type Io } from '../io.ts';

export interface ApprovalsOptions extends IntentOptions {
  readonly output: 'text' | DataFormat;
}

/** What waits for an approval, and what is in force by one: 2 where something waits, 1 where not everything could be read. */
export async function approvals(options: ApprovalsOptions, io: Io): Promise<ExitCode> {
  const cluster = options.cluster ?? io.environment.cluster ?? 'cluster';
  const { snapshot, problems } = await readIntent({ ...options, cluster, kinds: kindsRead }, io);
  const { reviews, refused } = reviewsOf(snapshot, (time) => (parseInstant(time) ?? Infinity) <= io.clock.now());
  const unread = exitFor(problems) !== exitCodes.ok;
  if (isData(options.output)) {
    writeData({ policies: reviews.map(forJson), refused, problems }, options.output, io);
  } else {
    writeProblems(problems, io);
    io.out.write(textOf(reviews, unread, painter(io.out, io.environment)));
    writeProblems(refused, io);
  }
  if (unread) return exitCodes.error;
  return reviews.some(({ state }) => waiting.has(state)) ? exitCodes.pending : exitCodes.ok;
}

/** An approver need not be able to read pods, nodes or points. */
const kindsRead = ['Namespace', 'EgressPolicy', 'EgressDelegation', 'EgressApproval'] as const;

const waiting: ReadonlySet<string> = new Set(['waits-for-approval', 'approval-expired', 'broke-glass']);

function forJson({ author, inForce, reached, ...review }: Review): unknown {
  return { ...review, author: author ?? null, inForce: inForce ?? null, reached: reached ?? null };
}

function textOf(reviews: readonly Review[], unread: boolean, paint: ReturnType<typeof painter>): string {
  if (reviews.length === 0) return `No policy${unread ? ' that could be read' : ''} goes beyond what is delegated.\n`;
  const rows = reviews.map(({ namespace, name, generation, state, author, inForce, reached }) => [
    `${namespace}/${name}`,
    `${generation}`,
    state,
    author ?? '-',
    inForce === undefined ? 'what is delegated' : `generation ${inForce.generation}, by ${inForce.approver}`,
    inForce?.until ?? '-',
    reached?.points ?? '-',
  ]);
  const header = ['POLICY', 'GENERATION', 'STATE', 'AUTHOR', 'COUNTS', 'UNTIL', 'IN FORCE AT'];
  const [head = '', ...lines] = tableLines([header, ...rows]);
  const details = reviews
    .filter(({ state, reached }) => state !== 'approved' || (reached?.notYet ?? []).length > 0)
    .map((review) => detailOf(review))
    .join('\n');
  return `${[paint(head, 'dim'), ...lines].join('\n')}\n${details && `\n${details}`}`;
}

function detailOf({ namespace, name, generation, digest, state, beyond, reached }: Review): string {
  const why = beyond.map(({ field, what, delegation }) => `  ${field}: ${what} delegated by ${delegation}`);
  const todo = waiting.has(state)
    ? [
        `  to approve it: postern approve ${namespace}/${name} --generation ${generation} --for 90d --digest ${digest.slice(0, 12)}`,
      ]
    : [];
  const notYet = (reached?.notYet ?? []).map((one) => `  ${howFar(one)}: ${one.message}`);
  return [`${namespace}/${name}:`, ...why, ...notYet, ...todo].join('\n') + '\n';
}

function howFar({ status, reason }: NotYet): string {
  if (reason === 'PartlyWaits') return 'in force in part';
  return status === 'False' ? 'not in force' : 'not known to be in force';
}
