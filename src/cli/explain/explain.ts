import { readFile } from 'node:fs/promises';
import { kinds, type Kind } from '../../api/kinds.ts';
import { similarTo } from '../../api/similar.ts';
import type { Paint } from '../../core/text/paint.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { isData, writeData, type DataFormat } from '../data.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../io.ts';
import { packageFile } from '../package-files.ts';
import { kindEntries, sectionEntries, tableEntries, type Entry } from './pages.ts';

/** The pages that have a say, and what a term of each is. They come with the package, so that the answer is their text. */
const pages = [
  { path: 'docs/reference/problems.md', what: 'problem', read: tableEntries },
  { path: 'docs/conditions.md', what: 'reason of a condition', read: tableEntries },
  { path: 'docs/reference/fields.md', what: 'kind', read: kindEntries },
  { path: 'docs/reference/fields.md', what: 'field', read: tableEntries },
  { path: 'docs/alerts.md', what: 'alert', read: sectionEntries },
  { path: 'docs/metrics.md', what: 'metric', read: tableEntries },
] as const;

interface Found extends Entry {
  readonly what: (typeof pages)[number]['what'];
  readonly page: string;
}

/**
 * What a code, a reason, a field, an alert or a metric means, and what to do.
 *
 * @param term in any case; a kind by any of its names; of a field the kind may be short (`enfp.spec.guard`) or left out, and `[0]` is `[]`
 */
export async function explain(
  term: string,
  options: { readonly output: 'text' | DataFormat },
  io: Io,
): Promise<ExitCode> {
  const all = await allEntries();
  const asked = normalised(term);
  const found = all.filter((entry) => isMeant(entry.term, asked));
  if (found.length === 0) throw new UsageError(unknown(term, asked, all));
  const fields = found.filter(({ what }) => parents.has(what));
  const below = all.filter(({ what, term: own }) => what === 'field' && fields.some((one) => isChild(own, one.term)));
  if (isData(options.output)) writeData({ found, fields: below.map(({ term: field }) => field) }, options.output, io);
  else io.out.write(text(found, below, painter(io.out, io.environment)));
  return exitCodes.ok;
}

/** What has fields below it. */
const parents: ReadonlySet<string> = new Set(['kind', 'field']);

/** Everything that can be asked about. */
export async function explainedTerms(): Promise<readonly { readonly word: string; readonly about: string }[]> {
  return (await allEntries()).map(({ term, what }) => ({ word: term, about: what }));
}

async function allEntries(): Promise<readonly Found[]> {
  const read = pages.map(async ({ path, what, read: entriesOf }) => {
    const page = await readFile(packageFile(path), 'utf8');
    return entriesOf(page).map((entry) => ({ ...entry, what, page: path }));
  });
  return (await Promise.all(read)).flat();
}

/** `enfp.spec.to[1].ports` as the reference writes it: `enforcementpoint.spec.to[].ports`. */
function normalised(term: string): string {
  const [first = '', ...rest] = term
    .trim()
    .toLowerCase()
    .replaceAll(/\[\d+\]/g, '[]')
    .split('.');
  const kind = (Object.keys(kinds) as Kind[]).find((name) =>
    [name.toLowerCase(), kinds[name].plural, kinds[name].shortName].includes(first),
  );
  return [kind?.toLowerCase() ?? first, ...rest].join('.');
}

/** Lists may be passed without `[]`, as kubectl explain has it. */
function isMeant(term: string, asked: string): boolean {
  const own = bare(term);
  const wanted = bare(asked);
  return own === wanted || (/^(spec|status)(\.|$)/.test(wanted) && own.endsWith(`.${wanted}`));
}

/** Of a kind those of its `spec` and `status` are next. */
function isChild(term: string, parent: string): boolean {
  const [own, above] = [
    bare(term).replace(/^(\w+\.)(spec|status)\.(?=\w+$)/, parent.includes('.') ? '$&' : '$1'),
    bare(parent),
  ];
  return own.startsWith(`${above}.`) && !own.slice(above.length + 1).includes('.');
}

function bare(term: string): string {
  return term.toLowerCase().replaceAll('[]', '');
}

function unknown(term: string, asked: string, all: readonly Found[]): string {
  const similar = similarTo(asked, [...new Set(all.map((entry) => entry.term))]);
  const meant = similar === undefined ? '.' : `; did you mean ${similar}?`;
  return `nothing is called "${term}"${meant} Ask for the code of a problem, the reason of a condition, a kind or a field such as egp.spec.to, an alert or a metric`;
}

function text(found: readonly Found[], below: readonly Found[], paint: Paint): string {
  const blocks = found.map(({ term, what, under, cells, text: section, page }) => {
    const where = what === 'field' || under.length === 0 ? what : `${what}: ${under.join(', ')}`;
    const rows = cells.map(([head, cell]) => `  ${paint(`${head}:`, 'dim')} ${cell}`);
    const children = below
      .filter((one) => parents.has(what) && isChild(one.term, term))
      .map(({ term: field }) => `    ${field}`);
    const fields = children.length === 0 ? [] : [`  ${paint('Fields:', 'dim')}`, ...children];
    const body = section === '' ? [] : [section.replaceAll(/^(?=.)/gm, '  ')];
    return [`${paint(term, 'strong')} (${where})`, ...rows, ...body, ...fields, paint(`  ${page}`, 'dim')].join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}
