import type { Assignment } from '../core/addresses/assignment.ts';
import type { AssignmentIndex, Holding } from '../core/addresses/assignment-index.ts';
import { canonicalAddress } from '../net/address.ts';
import type { LogFormat } from './format.ts';

/** What became of the lines of a stream. */
export interface Annotated {
  lines: number;
  /** Whose workload is known for certain. */
  known: number;
  /** About which there is something to doubt, or nothing known. */
  doubtful: number;
  /** That are about no flow, cut, or of another format. */
  unread: number;
}

/**
 * Adds the workload to each line, and who refused it where the line says that: a field `postern` of JSON, or words `postern_...="..."` behind a line of text. Lines that are about
 * no flow pass as they are.
 */
export function annotator(
  format: LogFormat,
  offsetMs: number,
  index: Pick<AssignmentIndex, 'holdersAt'>,
): { readonly line: (line: string) => string; readonly counts: Annotated } {
  const read = format.reader({ offsetMs });
  const counts: Annotated = { lines: 0, known: 0, doubtful: 0, unread: 0 };
  const add = format.lines === 'json' ? withField : withWords;
  const line = (received: string): string => {
    // Of a line that ends as on Windows: behind a word or a field that is added it would be in the middle.
    const text = received.endsWith('\r') ? received.slice(0, -1) : received;
    counts.lines += 1;
    const flow = read(text);
    const address = flow === undefined ? undefined : canonicalAddress(flow.source);
    if (flow === undefined || address === undefined) {
      counts.unread += 1;
      return text;
    }
    const holding = index.holdersAt(address, flow.at);
    const isKnown = holding.doubts.length === 0 && holding.holders.length === 1;
    counts[isKnown ? 'known' : 'doubtful'] += 1;
    return add(text, holding, flow.refused);
  };
  return { line, counts };
}

/** `known`, or why it is not: `nobody` had the address, `several` may have had it, only annotations `claimed` it, or it is `not-known`. */
function certainty({ holders, doubts }: Holding): string {
  if (doubts.some(({ kind }) => kind === 'gap' || kind === 'outside')) return 'not-known';
  if (doubts.some(({ kind }) => kind === 'claimed')) return 'claimed';
  if (holders.length === 0) return 'nobody';
  return doubts.length === 0 && holders.length === 1 ? 'known' : 'several';
}

function withField(text: string, holding: Holding, refused: string | undefined): string {
  const end = text.lastIndexOf('}');
  const field = JSON.stringify({ certainty: certainty(holding), holders: holdersOf(holding).map(shown), refused });
  return `${text.slice(0, end)}${text.slice(0, end).trimEnd() === '{' ? '' : ','}"postern":${field}${text.slice(end)}`;
}

function withWords(text: string, holding: Holding, refused: string | undefined): string {
  const each = holdersOf(holding).map(shown);
  const words = (name: string, value: (one: Shown) => string | undefined): string => {
    const values = new Set(each.flatMap((one) => value(one) ?? []));
    return values.size === 0 ? '' : ` postern_${name}="${[...values].join(',')}"`;
  };
  return [
    `${text} postern_certainty="${certainty(holding)}"`,
    words('cluster', ({ cluster }) => cluster),
    words('workload', ({ namespace, workload }) => `${namespace}/${workload}`),
    words('pod', ({ namespace, pod }) => `${namespace}/${pod}`),
    words('serviceaccount', ({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`),
    words('node', ({ node }) => node),
    refused === undefined ? '' : ` postern_refused="${refused}"`,
  ].join('');
}

function holdersOf({ holders, claimed }: Holding): Holding['holders'] {
  return holders.length > 0 ? holders : claimed;
}

type Shown = ReturnType<typeof shown>;

function shown({ cluster, namespace, workload, pod, serviceAccount, node }: Assignment) {
  return { ...(cluster !== undefined && { cluster }), namespace, workload, pod, serviceAccount, node };
}
