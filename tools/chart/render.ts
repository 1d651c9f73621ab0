import { stringify } from 'yaml';
import { isChoice, isList, isMap, isTemplate, type Choice, type Node, type NodeMap } from './node.ts';
import type { Part } from './parts.ts';

/** The text of a part as a template for Helm: every directive stands on a line of its own. */
export function templateOf({ manifest, when, unless }: Part): string {
  const opening = [
    ...when.map((flag) => `{{- if .Values.${flag} }}`),
    ...unless.map((flag) => `{{- if not .Values.${flag} }}`),
  ];
  const lines = [...opening, '---', ...mapLines(manifest, 0), ...opening.map(() => '{{- end }}')];
  return lines.map((line) => `${line}\n`).join('');
}

function mapLines(map: NodeMap, depth: number): readonly string[] {
  return Object.entries(map).flatMap(([key, value]) => entryLines(key, value, depth));
}

function entryLines(key: string, value: Node, depth: number): readonly string[] {
  if (isChoice(value)) return choiceLines(value, (node) => entryLines(key, node, depth));
  const start = `${' '.repeat(depth)}${scalar(key)}:`;
  if (isMap(value) && Object.keys(value).length > 0) return [start, ...mapLines(value, depth + 2)];
  if (isList(value) && value.length > 0) return [start, ...value.flatMap((item) => itemLines(item, depth + 2))];
  return [`${start} ${scalar(value)}`];
}

function itemLines(item: Node, depth: number): readonly string[] {
  if (isChoice(item)) return choiceLines(item, (node) => itemLines(node, depth));
  const dash = `${' '.repeat(depth)}- `;
  if (!isMap(item)) return [dash + scalar(item)];
  const [first = '', ...rest] = mapLines(item, depth + 2);
  return [dash + first.slice(depth + 2), ...rest];
}

function choiceLines({ flag, then, otherwise }: Choice, lines: (node: Node) => readonly string[]): readonly string[] {
  if (then === undefined) {
    return otherwise === undefined ? [] : [`{{- if not .Values.${flag} }}`, ...lines(otherwise), '{{- end }}'];
  }
  const alternative = otherwise === undefined ? [] : ['{{- else }}', ...lines(otherwise)];
  return [`{{- if .Values.${flag} }}`, ...lines(then), ...alternative, '{{- end }}'];
}

/** As YAML 1.1 has it, which Helm reads: there `yes` and `off` need quotes. */
function scalar(node: Node): string {
  if (isTemplate(node)) return node.text;
  if (isList(node)) return '[]';
  if (isMap(node)) return '{}';
  return stringify(node, { version: '1.1', lineWidth: 0 }).trimEnd();
}
