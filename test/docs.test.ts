import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { CommanderError, type Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ioOf } from '../src/cli/testing/run-postern.ts';
import { commands } from '../src/cli/main.ts';
import { definitions, type Definition } from '../src/metrics/definitions.ts';

/*
 * What the pages for people say is held against what there is: links, command lines, metrics, alerts.
 */

function markdown(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join(folder, path));
}

const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...['docs', 'examples', 'adapters', 'crds'].flatMap(markdown),
].sort();
const textOf = new Map(pages.map((path) => [path, readFileSync(path, 'utf8')]));

describe('links', () => {
  it.each(pages)('of %s lead somewhere', (page) => {
    expect(linksOf(textOf.get(page) ?? '').flatMap((link) => broken(page, link))).toEqual([]);
  });

  it('are found, and a wrong one is told', () => {
    const text = '[a](b.md) ![c](d.svg)\n```\n[not](a-link)\n```\n[web](https://example.com) `[no](code)`\n[e](#f)';
    expect(linksOf(text)).toEqual(['b.md', 'd.svg', '#f']);
    expect(broken('README.md', 'docs/metrics.md#what-to-look-at-first')).toEqual([]);
    expect(broken('README.md', 'docs/metrics.md#nowhere')).toEqual(['docs/metrics.md#nowhere']);
    expect(broken('README.md', 'docs/nothing.md')).toEqual(['docs/nothing.md']);
  });

  it('lead from the map of docs to every page', () => {
    const linked = linksOf(textOf.get('docs/README.md') ?? '').map((link) => join('docs', link.replace(/#.*/, '')));
    const own = pages.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== 'docs/README.md');
    expect(own.filter((page) => !linked.includes(page))).toEqual([]);
  });
});

/** Relative ones, outside of code. */
function linksOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, 'code');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function broken(page: string, link: string): readonly string[] {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(target)) return [link];
  if (anchor === undefined || statSync(target).isDirectory()) return [];
  return anchorsOf(readFileSync(target, 'utf8')).has(anchor) ? [] : [link];
}

/** As GitHub makes them from headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm)];
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('command lines', () => {
  const shown = pages.flatMap((page) => commandLines(textOf.get(page) ?? '').map((line) => ({ page, ...line })));

  it.each(shown)('$page: postern $line', async ({ line, whole }) => {
    expect(await refusal(line, whole)).toBeUndefined();
  });

  it('are found, and wrong ones are told', async () => {
    const text = '`postern status` and `postern plan --live`\n```sh\nkubectl postern lint -f - | cat # why\n```';
    expect(commandLines(text)).toEqual([
      { line: 'lint -f -', whole: true },
      { line: 'status', whole: false },
      { line: 'plan --live', whole: false },
    ]);
    expect(shown.length).toBeGreaterThan(20);
    expect(await refusal('render -f -', true)).toContain('--point');
    expect(await refusal('plan --alive', false)).toContain('--alive');
    expect(await refusal('plane', false)).toContain('plane');
    expect(await refusal('matrix -f x -o pdf', true)).toContain('pdf');
  });
});

/** What a page tells people to type, without `postern` itself. Whole: in a block, where nothing may be left out. */
function commandLines(text: string): readonly { readonly line: string; readonly whole: boolean }[] {
  const blocks = [...text.matchAll(/^```(?:sh|console)?\n([^]*?)^```/gm)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').split('\n'),
  );
  const inline = [...text.replaceAll(/^```[^]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const called = (line: string): string | undefined =>
    /^(?:\$ )?(?:npx |kubectl )?postern ((?:[a-z]|--)[^|#>;&]*)/.exec(line.trim())?.[1]?.trim();
  return [
    ...blocks.flatMap((line) => called(line) ?? []).map((line) => ({ line, whole: true })),
    ...inline.flatMap((line) => called(line) ?? []).map((line) => ({ line, whole: false })),
  ];
}

/** What the program itself says against a command line; nothing is carried out. */
async function refusal(line: string, whole: boolean): Promise<string | undefined> {
  const program = commands(
    () => undefined,
    ioOf(() => undefined),
  );
  disarm(program, whole);
  try {
    await program.parseAsync(words(line), { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) return String(error);
    if (error.exitCode === 0 || error.code === 'commander.help') return undefined;
    const isShortened = /missing/i.test(error.code);
    return !whole && isShortened ? undefined : error.message;
  }
}

/** Does nothing when it is called; in the middle of a sentence, what is required may be left out. */
function disarm(command: Command, whole: boolean): void {
  if (command.commands.length === 0) command.action(() => undefined);
  if (!whole) for (const option of command.options) option.mandatory = false;
  for (const child of command.commands) disarm(child, whole);
}

function words(line: string): string[] {
  // A word in capital letters stands for what a person writes there.
  return [...line.replaceAll(/\b[A-Z]+\b/g, 'name').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}

const ruleSchema = z.strictObject({
  alert: z.string().regex(/^Postern[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z
    .string()
    .regex(/^\d+m$/)
    .exactOptional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string().endsWith('.'), runbook_url: z.string() }),
});
const alerts = z
  .looseObject({
    spec: z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(ruleSchema) })) }),
  })
  .parse(parse(readFileSync('deploy/monitoring/alerts.yaml', 'utf8')))
  .spec.groups.flatMap(({ rules }) => rules);

describe('alerts', () => {
  const text = textOf.get('docs/alerts.md') ?? '';

  it.each(alerts)('$alert is about metrics that there are', ({ expr }) => {
    expect(metricsIn(expr).length).toBeGreaterThan(0);
    expect(strangersIn(expr)).toEqual([]);
  });

  it.each(alerts)('$alert says where its page is, and when it sounds', ({ alert, labels, annotations, ...rule }) => {
    const page = `docs/alerts.md#${alert.toLowerCase()}`;
    expect(annotations.runbook_url).toBe(`https://postern.dev/${page}`);
    expect(broken('README.md', page)).toEqual([]);
    const section = new RegExp(`^## ${alert}\\n\\n\\*\\*(\\w+), (.+?)\\.\\*\\*`, 'm').exec(text);
    expect(section?.[1]).toBe(labels.severity);
    expect(section?.[2]).toMatch(rule.for === undefined ? /^at once$/ : /^after \d+ minutes/);
  });

  it('are the only ones on their page', () => {
    const explained = [...text.matchAll(/^## (Postern\w+)$/gm)].map(([, name]) => name);
    expect(explained.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  it('of a metric or label that is not there would be found', () => {
    expect(strangersIn('sum by (point) (postern_point_rule{pod="x"})')).toEqual(['postern_point_rule']);
    expect(strangersIn('postern_point_rules{side="x"}')).toEqual(['postern_point_rules{side}']);
    expect(strangersIn('rate(postern_point_rules_bucket[5m])')).toEqual(['postern_point_rules_bucket']);
  });
});

const panelSchema = z.looseObject({
  id: z.number(),
  type: z.string(),
  title: z.string().min(1),
  gridPos: z.strictObject({ h: z.number(), w: z.number(), x: z.number(), y: z.number() }),
  targets: z.array(z.looseObject({ expr: z.string(), refId: z.string() })).default([]),
});
const dashboard = z
  .looseObject({
    uid: z.literal('postern'),
    panels: z.array(panelSchema),
    templating: z.object({ list: z.array(z.looseObject({ name: z.string(), definition: z.string().optional() })) }),
  })
  .parse(JSON.parse(readFileSync('deploy/monitoring/dashboard.json', 'utf8')));

describe('the dashboard', () => {
  it('is about metrics that there are', () => {
    const asked = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
    expect(asked.length).toBeGreaterThan(30);
    expect([...asked, ...variables].flatMap(strangersIn)).toEqual([]);
  });

  it('shows every metric', () => {
    const asked = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr)));
    const shown = new Set(asked.map(({ name }) => name.replace(/_bucket$/, '')));
    expect(Object.keys(definitions).filter((name) => !shown.has(name))).toEqual([]);
  });

  it('has every panel once, and none on top of another', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });
});

interface Mentioned {
  readonly name: string;
  readonly labels: readonly string[];
}

/** Metrics of ours in a query, each with the labels that are asked of it. */
function metricsIn(query: string): readonly Mentioned[] {
  return [...query.matchAll(/\b(postern_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label),
  }));
}

function strangersIn(query: string): readonly string[] {
  return metricsIn(query).flatMap(({ name, labels }) => {
    const known = definitionOf(name);
    if (known === undefined) return [name];
    return labels.filter((label) => !known.labels.includes(label)).map((label) => `${name}{${label}}`);
  });
}

function definitionOf(name: string): Definition | undefined {
  const all: Readonly<Record<string, Definition>> = definitions;
  const part = /^(.+)_(?:bucket|sum|count)$/.exec(name)?.[1];
  const histogram = part === undefined ? undefined : all[part];
  return histogram?.type === 'histogram' ? histogram : all[name];
}

describe('the picture of the architecture', () => {
  it('names folders that there are', () => {
    const picture = readFileSync('docs/architecture.svg', 'utf8');
    const folders = [...picture.matchAll(/>((?:src|adapters)\/[a-z/-]+)</g)].map(([, folder = '']) => folder);
    expect(folders.length).toBeGreaterThan(8);
    expect(folders.filter((folder) => !existsSync(relative('.', folder)))).toEqual([]);
  });
});
