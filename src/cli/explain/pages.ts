/** What a page says of a term: a row of one of its tables, or a section of its own. */
export interface Entry {
  /** `too-many-removals`, `EnforcementPoint.spec.guard`, `PosternPointHeld` */
  readonly term: string;
  /** The headings under which it stands. */
  readonly under: readonly string[];
  /** The other cells by the heads of their columns; empty of a section. */
  readonly cells: readonly (readonly [head: string, text: string])[];
  /** The text of a section, in Markdown; empty of a row. */
  readonly text: string;
}

/** Every row whose first cell has terms in code. In a page of fields they are put below the kind of their section. */
export function tableEntries(page: string): readonly Entry[] {
  let under: readonly string[] = [];
  let heads: readonly string[] = [];
  const entries: Entry[] = [];
  for (const line of page.split('\n')) {
    const heading = /^(##+) (.+)$/.exec(line);
    if (heading) under = [...under.slice(0, (heading[1] ?? '').length - 2), heading[2] ?? ''];
    if (!line.startsWith('|')) heads = [];
    else if (heads.length === 0) heads = cellsOf(line);
    else for (const entry of rowEntries(cellsOf(line), heads, under)) entries.push(entry);
  }
  return entries;
}

function rowEntries(cells: readonly string[], heads: readonly string[], under: readonly string[]): readonly Entry[] {
  const [first = '', ...rest] = cells;
  const terms = [...first.matchAll(/`([^`]+)`/g)].map(([, term = '']) => term);
  const named = rest.flatMap((text, at) => (text === '' ? [] : [[heads[at + 1] ?? '', plain(text)] as const]));
  return terms.map((term) => ({
    term: isField(term) ? `${under[0] ?? ''}.${term}` : term,
    under,
    cells: named,
    text: '',
  }));
}

function isField(term: string): boolean {
  return /^(spec|status)\b/.test(term);
}

function cellsOf(line: string): readonly string[] {
  const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
  return cells.slice(1, -1);
}

/** Each section whose heading is one word that is no plain English: the name of an alert. */
export function sectionEntries(page: string): readonly Entry[] {
  return page.split(/^## /m).flatMap((section) => {
    const end = section.indexOf('\n');
    const term = section.slice(0, end);
    return /^[A-Z][a-z]+[A-Z]\w+$/.test(term)
      ? [{ term, under: [], cells: [], text: plain(section.slice(end).trim()) }]
      : [];
  });
}

/** Each section about a kind, up to its fields. */
export function kindEntries(page: string): readonly Entry[] {
  return sectionEntries(page.replaceAll(/^### [^]*?(?=^## |$(?![^]))/gm, ''));
}

/** Markdown as people read it on a terminal: links without their targets, no marks of code and emphasis. */
function plain(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1').replaceAll(/`|\*\*/g, '');
}
