import { raw } from 'hono/html';

/** The style of the page: light or dark on a screen, light on paper. Whatever a colour says, a sign or a word says too. */
export const style = raw(`
:root {
  color-scheme: light dark;
  --ink: #1b2430; --soft: #526070; --line: #d5dce4; --rule: #eef1f5; --paper: #fff; --band: #f5f7fa;
  --good: #17683a; --bad: #a81f1f; --warn: #7d4f00; --link: #1a56b0; --accept: #e3f4e9; --deny: #fbe9e8; --look: #fff8e6;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ink: #e6eaef; --soft: #a4b0be; --line: #36414d; --rule: #242c35; --paper: #12171d; --band: #1a2129;
    --good: #6fd598; --bad: #ff9490; --warn: #f1c15d; --link: #8cb9ff; --accept: #163525; --deny: #3d1d1f; --look: #2b2413;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 88rem; padding: 2.5rem 2rem 4rem; font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; color: var(--ink); background: var(--paper); }
header { border-bottom: 3px solid var(--ink); padding-bottom: 1rem; }
.eyebrow { margin: 0; text-transform: uppercase; letter-spacing: .08em; font-size: .8rem; font-weight: 600; color: var(--soft); }
h1 { margin: .2rem 0 .4rem; font-size: 2rem; line-height: 1.15; letter-spacing: -.01em; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.3rem; }
h3 { margin: 2rem 0 .5rem; font-size: 1.05rem; }
.lead { margin: 0; max-width: 60rem; font-size: 1.05rem; color: var(--soft); }
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); padding: 0 0 .5rem; }
th, td { text-align: left; vertical-align: top; padding: .55rem .75rem; }
thead th { background: var(--band); border-bottom: 2px solid var(--line); font-size: .86em; color: var(--soft); position: sticky; top: 0; }
tbody th { font-weight: 600; }
tbody tr { border-bottom: 1px solid var(--line); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
small { display: block; font-size: .86em; font-weight: 400; color: var(--soft); overflow-wrap: anywhere; }
code { font: .92em ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.hash { font-size: .85em; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.unknown, em { color: var(--soft); font-style: italic; }
.rules { table-layout: fixed; }
.rules th:nth-child(1) { width: 3.2rem; } .rules th:nth-child(2) { width: 19%; } .rules th:nth-child(3) { width: 17%; }
.rules th:nth-child(4) { width: 28%; } .rules th:nth-child(5) { width: 19%; }
.rules td { overflow-wrap: anywhere; }
.rules td strong { font-weight: 600; display: block; }
.rules tbody tr { border-bottom: 0; }
.rules tbody { border-bottom: 1px solid var(--line); }
.rules tbody.off { background: var(--rule); }
.rules tbody:target, .groups tr:target { outline: 2px solid var(--link); outline-offset: -2px; }
.subject { display: block; margin-top: .25rem; font-size: .92em; }
.place { display: block; }
.ports { display: block; margin-top: .25rem; font-variant-numeric: tabular-nums; }
.action { display: inline-block; margin-bottom: .25em; padding: .05em .6em; border-radius: 1em; font-size: .86em; font-weight: 600; border: 1px solid currentColor; }
.accept { color: var(--good); background: var(--accept); }
.deny { color: var(--bad); background: var(--deny); border-style: dashed; }
dl { margin: .35rem 0 0; font-size: .92em; }
dl div { display: grid; grid-template-columns: 6em 1fr; gap: .4rem; }
.rules td:nth-child(5) dl, .subject:first-child { margin-top: 0; }
dt { color: var(--soft); }
dd { margin: 0; }
.rules dd strong { display: inline; }
.shared { color: var(--soft); }
.flags td { padding: 0 .75rem .7rem 3.95rem; }
.flags ul { margin: 0; padding: .45rem .8rem; list-style: none; background: var(--look); border-left: 4px solid var(--warn); }
.flags li { padding: .08rem 0; }
.rules .flags strong { display: inline; margin-right: .35rem; }
.attention th:first-child { width: 26rem; } .attention .number { width: 5rem; }
time { white-space: nowrap; }
.rules td:nth-child(5) dl div { grid-template-columns: 4.8em 1fr; }
.groups th:first-child { width: 26rem; } .groups .number { width: 5rem; }
.addresses { font: .92em ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); }
@media screen and (max-width: 60rem) {
  body { padding: 1.25rem 1rem 3rem; }
  h1 { font-size: 1.55rem; }
  table, tbody, tr, th, td, caption { display: block; width: auto !important; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  tbody tr { padding: .5rem 0; }
  th, td { padding: .25rem 0; text-align: left; }
  td[data-label]::before { content: attr(data-label); display: block; font-size: .78rem; font-weight: 600; color: var(--soft); }
  td.number { display: flex; gap: .6rem; align-items: baseline; }
  td.number::before { min-width: 7rem; text-align: left; }
  .attention th:first-child, .groups th:first-child { width: auto; }
  .rules tbody { border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 .9rem; padding: .4rem .9rem .7rem; }
  .rules th.number { text-align: left; font-size: 1.1rem; }
  .rules th.number::before { content: 'Rule '; }
  .flags td { padding: .3rem 0 0; }
}
@media print {
  :root {
    color-scheme: light;
    --ink: #000; --soft: #3d4650; --line: #9aa4ae; --rule: #f0f0f0; --paper: #fff; --band: #eee;
    --good: #0d4a27; --bad: #8a1010; --warn: #5d3a00; --link: #000; --accept: #fff; --deny: #fff; --look: #f6f6f6;
  }
  @page { size: A4 landscape; margin: 12mm 12mm 14mm; @bottom-right { content: counter(page) ' / ' counter(pages); font: 8pt sans-serif; } }
  body { max-width: none; padding: 0; font-size: 8.5pt; }
  .lead { font-size: 10pt; max-width: none; } .eyebrow { font-size: 7.5pt; }
  h1 { font-size: 18pt; } h2 { font-size: 12pt; margin-top: 6mm; } h3 { font-size: 10pt; }
  h2, h3, caption { break-after: avoid; }
  .point { break-before: page; }
  thead { display: table-header-group; }
  thead th { position: static; }
  .rules tbody, .glance tr, .attention tr { break-inside: avoid; }
  th, td { padding: 1.2mm 1.8mm; }
  .rules th:nth-child(1) { width: 9mm; }
  .flags td { padding: 0 1.8mm 1.6mm 12mm; }
  .flags ul { padding: 1mm 2mm; }
  a { text-decoration: none; }
  .action, .flags ul, thead th, .rules tbody.off { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`);
