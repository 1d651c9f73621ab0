import type { FlowChange } from '../../diff/flow-changes.ts';
import type { Problem } from '../../api/problem.ts';
import { decidedBy, flowText, layersText, workloadText, type Difference } from './difference.ts';

/*
 * SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, for code scanning: a result at the line
 * of the policy that decides.
 */

const rules = [
  { id: 'flow-opened', shortDescription: { text: 'Workloads may reach what they could not reach before.' } },
  { id: 'flow-closed', shortDescription: { text: 'Workloads can no longer reach what they could reach before.' } },
  { id: 'input', shortDescription: { text: 'A manifest does not count as it stands.' } },
] as const;

const levels = { error: 'error', warning: 'warning', info: 'note' } as const;

/** Code scanning takes no more of one run. */
const most = 5_000;

export async function differenceSarif(difference: Difference): Promise<Iterable<string>> {
  const results: unknown[] = [];
  for (const change of difference.changes
    .filter(({ change }) => change === 'opened' || change === 'closed')
    .slice(0, most))
    results.push(await flowResult(difference, change));
  for (const problem of difference.problems.slice(0, most - results.length))
    results.push(await problemResult(difference, problem));
  const driver = { name: 'postern-diff', rules };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0' };
  return [`${JSON.stringify({ ...log, runs: [{ tool: { driver }, results }] }, null, 2)}\n`];
}

async function flowResult(difference: Difference, change: FlowChange): Promise<unknown> {
  const isOpened = change.change === 'opened';
  const [first, ...others] = change.workloads.map(workloadText);
  const who = [first, ...(others.length > 0 ? [`and ${others.length} more`] : [])].join(' ');
  const may = isOpened ? 'may reach' : 'can no longer reach';
  const text = `${who} ${may} ${flowText(change)}, ${decidedBy(change)}, at ${layersText(difference, change)}.`;
  const decided = isOpened ? change.after : change.after?.policy ? change.after : change.before;
  return {
    ruleId: isOpened ? 'flow-opened' : 'flow-closed',
    level: isOpened ? 'warning' : 'note',
    message: { text },
    ...(await locations(difference, decided?.policy ?? '')),
  };
}

async function problemResult(difference: Difference, { severity, subject, field, message }: Problem): Promise<unknown> {
  const text = `${[subject, field].filter((part) => part !== '').join(' ')}: ${message}`;
  return {
    ruleId: 'input',
    level: levels[severity],
    message: { text },
    ...(await locations(difference, subject, field)),
  };
}

/** Of an object in the files, or of a file and line; nothing of what is only in a cluster or a revision. */
async function locations({ locate }: Difference, subject: string, field?: string): Promise<object> {
  const [, file, line] = /^(.+):(\d+)$/.exec((await locate(subject, field)) ?? subject) ?? [];
  if (file === undefined) return {};
  const physicalLocation = { artifactLocation: { uri: encodeURI(file) }, region: { startLine: Number(line) || 1 } };
  return { locations: [{ physicalLocation }] };
}
