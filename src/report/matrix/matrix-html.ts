import { counted } from '../../core/text/wording.ts';
import { raw } from 'hono/html';
import type { Answer } from '../../verify/intent/intent.ts';
import { markup, pageHead, small, type Html } from '../output/html.ts';
import type { Column } from './columns.ts';
import type { Matrix } from './matrix.ts';

/** One page without scripts that loads nothing: to be printed, mailed and kept. In pieces, row by row. */
export function* matrixHtml(matrix: Matrix, madeAt: string): Iterable<string> {
  for (const piece of pieces(matrix, madeAt)) yield piece.toString();
}

function* pieces({ columns, rows }: Matrix, madeAt: string): Iterable<Html> {
  yield pageHead('Egress matrix', style);
  yield markup`<h1>Who may leave the cluster to where</h1>
<p>${counted(rows.length, 'workload')}, ${counted(columns.length, 'destination')} with their ports, as of <time>${madeAt}</time>. Every cell names the policy that decides.</p>
<div class="scroll" role="region" aria-label="Matrix" tabindex="0">
<table>
<caption>Effective permission of every workload to every external destination</caption>
<thead>
<tr><th scope="col">Namespace</th><th scope="col">Workload</th><th scope="col">ServiceAccount</th>${columns.map(heading)}</tr>
</thead>
<tbody>
`;
  for (const { cluster, namespace, workload, serviceAccount, cells } of rows) {
    const names = markup`<td>${cluster === undefined ? namespace : `${cluster}/${namespace}`}</td><th scope="row">${workload}</th><td>${serviceAccount}</td>`;
    yield markup`<tr>${names}${cells.map(cell)}</tr>\n`;
  }
  yield markup`</tbody>\n</table>\n</div>\n</body>\n</html>\n`;
}

function heading({ destination, port, protocol }: Column): Html {
  return markup`<th scope="col">${destination}<br>${small(protocol === 'any' ? 'any port' : `${port}/${protocol}`)}</th>`;
}

/** The word says what the colour says: some readers see, and some printers print, no colour. */
function cell({ verdict, policy, tier, partial, unknown }: Answer): Html {
  if (unknown) return markup`<td class="partial">Not known</td>`;
  const by = policy === null ? 'no policy' : `${policy}${tier === null ? '' : ` (${tier})`}`;
  const word = partial ? 'Deny, but accepted in part' : verdict;
  return markup`<td class="${partial ? 'partial' : verdict.toLowerCase()}">${word}<br>${small(by)}</td>`;
}

const style = raw(`
:root { color-scheme: light; }
body { font: 14px/1.4 system-ui, sans-serif; margin: 2rem; color: #1a1a1a; background: #fff; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
caption { text-align: left; font-weight: 600; padding: 0.5rem 0; }
th, td { border: 1px solid #bbb; padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; }
thead th { background: #f0f0f0; position: sticky; top: 0; }
small { color: #444; font-weight: normal; }
.accept { background: #d9f2df; }
.deny { background: #fbe3e1; }
.partial { background: #fdf1cf; }
tr { break-inside: avoid; }
@media print {
  @page { size: landscape; }
  body { margin: 0; font-size: 9px; }
  .scroll { overflow: visible; }
  thead { display: table-header-group; }
  .accept, .deny, .partial { print-color-adjust: exact; }
}
`);
