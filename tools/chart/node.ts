/** A manifest that is being made a template: plain YAML values, and in places a choice or text of the template language. */
export type Node = null | boolean | number | string | Choice | Template | readonly Node[] | NodeMap;
export interface NodeMap {
  readonly [key: string]: Node;
}

const mark = Symbol('not YAML');

/** One of two, by a value of the chart; undefined: nothing is there. */
export interface Choice {
  readonly [mark]: 'choice';
  readonly flag: string;
  readonly then: Node | undefined;
  readonly otherwise: Node | undefined;
}

/** Goes into the chart as it is. */
export interface Template {
  readonly [mark]: 'template';
  readonly text: string;
}

export function choice(flag: string, then: Node | undefined, otherwise: Node | undefined): Choice {
  return { [mark]: 'choice', flag, then, otherwise };
}

export function template(text: string): Template {
  return { [mark]: 'template', text };
}

export function isChoice(node: Node | undefined): node is Choice {
  return typeof node === 'object' && node !== null && mark in node && node[mark] === 'choice';
}

export function isTemplate(node: Node | undefined): node is Template {
  return typeof node === 'object' && node !== null && mark in node && node[mark] === 'template';
}

export function isList(node: Node | undefined): node is readonly Node[] {
  return Array.isArray(node);
}

export function isMap(node: Node | undefined): node is NodeMap {
  return typeof node === 'object' && node !== null && !isList(node) && !(mark in node);
}
