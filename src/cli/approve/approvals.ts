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
  const { snapshot, problems } = await readIntent({ ...options, cluster, kinds: asked }, io);
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

/** Whoever approves need not be able to read pods, nodes or points. */
const asked = ['Namespace', 'EgressPolicy', 'EgressDelegation', 'EgressApproval'] as const;

const waiting: ReadonlySet<string> = new Set(['waits-for-approval', 'approval-expired', 'broke-glass']);

function forJson({ author, inForce, ...review }: Review): unknown {
  return { ...review, author: author ?? null, inForce: inForce ?? null };
}

function textOf(reviews: readonly Review[], unread: boolean, paint: ReturnType<typeof painter>): string {
  if (reviews.length === 0) return `No policy${unread ? ' that could be read' : ''} goes beyond what is delegated.\n`;
  const rows = reviews.map(({ namespace, name, generation, state, author, inForce }) => [
    `${namespace}/${name}`,
    `${generation}`,
    state,
    author ?? '-',
    inForce === undefined ? 'what is delegated' : `generation ${inForce.generation}, by ${inForce.approver}`,
    inForce?.until ?? '-',
  ]);
  const header = ['POLICY', 'GENERATION', 'STATE', 'AUTHOR', 'IN FORCE', 'UNTIL'];
  const [head = '', ...lines] = tableLines([header, ...rows]);
  const details = reviews
    .filter(({ state }) => state !== 'approved')
    .map((review) => detailOf(review))
    .join('\n');
  return `${[paint(head, 'dim'), ...lines].join('\n')}\n${details && `\n${details}`}`;
}

function detailOf({ namespace, name, generation, digest, state, beyond }: Review): string {
  const why = beyond.map(({ field, what, delegation }) => `  ${field}: ${what} delegated by ${delegation}`);
  const todo = waiting.has(state)
    ? [
        `  to approve it: postern approve ${namespace}/${name} --generation ${generation} --for 90d --digest ${digest.slice(0, 12)}`,
      ]
    : [];
  return [`${namespace}/${name}:`, ...why, ...todo].join('\n') + '\n';
}
