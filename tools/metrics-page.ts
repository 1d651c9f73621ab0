import { definitions, type Definition } from '../src/metrics/definitions.ts';

const sections: readonly (readonly [Definition['from'], string, string])[] = [
  ['leader', 'Of the controller that leads', 'Standing by, a process has none of the gauges here.'],
  ['worker', 'Of every worker, about what it did', 'Add them up over all workers.'],
  [
    'session',
    'Of the worker that is connected to a point',
    'They end with the connection; where several workers have had the point, take the maximum.',
  ],
  ['process', 'Of every process', 'And `process_*` and `nodejs_*`, what is known of any Node process.'],
];

/** The page of metrics, from what is defined. */
export function metricsPage(): string {
  return `# Metrics

<!-- Generated from src/metrics/definitions.ts by npm run generate. -->

\`postern run\`, \`controller\` and \`worker\` serve them at \`/metrics\` with \`--listen\` (or \`POSTERN_LISTEN\`), in the text format of
Prometheus, beside \`/healthz\` and \`/readyz\`. Times are in seconds. Every label has few values: \`point\` is the name of an
EnforcementPoint, the others are words of a fixed set; no metric names an address, a pod or a policy.

${sections.map(section).join('\n\n')}

## What to look at first

| Question                                      | Query                                                                                                  |
| --------------------------------------------- | ------------------------------------------------------------------------------------------------------ |
| Is everything in force?                       | \`postern_point_state{state=~"held\\|partial\\|failed"} == 1\`                                             |
| How long until a new pod gets out?            | \`histogram_quantile(0.99, sum by (le, point) (rate(postern_propagation_seconds_bucket[1h])))\`           |
| How long does an ended pod's address linger?  | \`histogram_quantile(0.99, sum by (le, point) (rate(postern_stale_grant_seconds_bucket[1h])))\`           |
| When was a device last seen to be as desired? | \`time() - postern_point_last_sync_timestamp_seconds > 900\`                                             |
| Do the workers keep up?                       | \`max(postern_queue_oldest_seconds) > 60\`                                                               |
| Does somebody change devices by hand?         | \`increase(postern_drift_total[1h]) > 0\`                                                                |
| Will a device be full?                        | \`max by (point, resource) (postern_capacity_used / postern_capacity_limit) > 0.8\`                      |
| Is the cluster seen?                          | \`postern_watch_healthy == 0\`, \`max(postern_leader) == 0\`                                               |
| Do both layers agree?                         | \`postern_inconsistent_flows > 0\`                                                                       |
`;
}

function section([from, title, note]: (typeof sections)[number]): string {
  const rows = Object.entries<Definition>(definitions)
    .filter(([, definition]) => definition.from === from)
    .map(
      ([name, { type, labels, help }]) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
    );
  return [
    `## ${title}`,
    '',
    note,
    '',
    '| Metric | Type | Labels | What it says |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
