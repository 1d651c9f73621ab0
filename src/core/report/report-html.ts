export function* reportHtml(report: import('./report.ts').Report): Iterable<string> {
  yield report.made.at;
}
