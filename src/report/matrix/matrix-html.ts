import type { Answer } from '../../verify/intent/intent.ts';
import type { Column } from './columns.ts';
import { escapeHtml } from '../output/html.ts';
import type { Matrix, Row } from './matrix.ts';

/** One page that needs nothing else: to be printed, mailed and kept. In pieces, row by row. */
export function* matrixHtml({ columns, rows }: Matrix, madeAt: string): Iterable<string> {
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Egress matrix</title>
<style>${style}</style>
</head>
<body>
<h1>Who may leave the cluster to where</h1>
<p>${rows.length} workloads, ${columns.length} destinations and ports, as of <time>${escapeHtml(madeAt)}</time>. Every cell names the policy that decides.</p>
<div class="scroll" role="region" aria-label="Matrix" tabindex="0">
<table>
<caption>Effective permission of every workload to every external destination</caption>
<thead>
<tr><th scope="col">Namespace</th><th scope="col">Workload</th><th scope="col">ServiceAccount</th>${columns.map(heading).join('')}</tr>
</thead>
<tbody>
`;
  for (const row of rows) yield line(row);
  yield '</tbody>\n</table>\n</div>\n</body>\n</html>\n';
}

function heading({ destination, port, protocol }: Column): string {
  const on = protocol === 'any' ? 'any port' : `${port}/${protocol}`;
  return `<th scope="col">${escapeHtml(destination)}<br><small>${escapeHtml(on)}</small></th>`;
}

function line({ namespace, workload, serviceAccount, cells }: Row): string {
  const names = `<td>${escapeHtml(namespace)}</td><th scope="row">${escapeHtml(workload)}</th><td>${escapeHtml(serviceAccount)}</td>`;
  return `<tr>${names}${cells.map(cell).join('')}</tr>\n`;
}

/** The word says what the colour says: some readers see, and some printers print, no colour. */
function cell({ verdict, policy, tier, partial }: Answer): string {
  const by = policy === null ? 'no policy' : `${policy} (${tier})`;
  const word = partial ? 'Deny, but accepted in part' : verdict;
  return `<td class="${partial ? 'partial' : verdict.toLowerCase()}">${word}<br><small>${escapeHtml(by)}</small></td>`;
}

const style = `
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
`;
