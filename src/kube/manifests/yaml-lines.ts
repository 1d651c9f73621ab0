import { isMap, isNode, LineCounter, parseDocument } from 'yaml';

/** The line of the text, from 0, of a path, or of its nearest parent that exists. */
export type FindLine = (path: readonly (string | number)[]) => number;

/** Parses YAML for its lines. `yaml` is a large library: this module is loaded only when there is a problem to report. */
export function linesOf(text: string): FindLine {
  const counter = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: counter, schema: 'core', merge: true });
  /** The position of a field is that of its key; its value may begin a line below. */
  const offsetOf = (path: readonly (string | number)[]): number | undefined => {
    const parent = parsed.getIn(path.slice(0, -1), true);
    const last = path.at(-1);
    const pair = isMap(parent) ? parent.items.find(({ key }) => String(key) === last) : undefined;
    const node = pair === undefined ? parsed.getIn(path, true) : pair.key;
    return isNode(node) ? node.range?.[0] : undefined;
  };
  return (path) => {
    for (let length = path.length; length >= 0; length -= 1) {
      const offset = offsetOf(path.slice(0, length));
      if (offset !== undefined) return counter.linePos(offset).line - 1;
    }
    return 0;
  };
}
