/** The layers of the house. Each rule says who may not know whom. */
const test = '(\\.test\\.ts$|/testing/)';
const pure = '.*node_modules/(zod|canonicalize|ipaddr\\.js)/|node:net$|net$|node:crypto$|crypto$';
/**
 * The rooms in the order of docs/architecture.md: none imports from one above it. The kinds and the values that the core
 * decides on are one level; what the kinds may know of them, a rule of its own says.
 */
const rooms = [
  'src/cli',
  'src/demo',
  'src/compose',
  'src/controller',
  'src/serverless',
  'src/http',
  'src/inspect',
  'src/console',
  'src/metrics',
  'src/log',
  'src/worker',
  'src/layers',
  'src/diff',
  'src/report',
  'src/suggest',
  'src/traffic-log',
  'src/survey',
  'src/import',
  'src/lint',
  'src/kube',
  'src/verify',
  'src/audit',
  'src/queue',
  'src/store',
  'src/redis',
  'kit',
  'src/adapter',
  'src/(core|api)',
];
const downwards = rooms.slice(1).map((room, index) => ({
  name: `${room.replace('src/', '')}-imports-nothing-above-it`,
  severity: 'error',
  from: { path: `^${room}/`, pathNot: test },
  to: { path: `^(${rooms.slice(0, index + 1).join('|')})/` },
}));
module.exports = {
  forbidden: [
    ...downwards,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-pure',
      comment: 'What is decided depends on values only: the kinds, the core itself, and pure arithmetic libraries.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: test },
      to: { pathNot: `^(src/core/|src/api/|${pure})` },
    },
    {
      name: 'the-judge-shares-nothing-with-the-judged',
      comment:
        'Of the core it knows values (model, net, text), and nothing that decides: its selectors and its expiry are its own. Which generation of a policy people have put in force is an input to both (decision 18).',
      severity: 'error',
      from: { path: '^src/verify/', pathNot: test },
      to: { pathNot: `^(src/verify/|src/api/|src/core/(model|net|text|approval)/|${pure})` },
    },
    {
      name: 'nothing-decided-knows-the-judge',
      severity: 'error',
      from: { path: '^(src/(core|api|adapter)|adapters|kit)/', pathNot: test },
      to: { path: '^src/verify/' },
    },
    {
      name: 'lint-is-pure',
      comment: 'Lint puts together what the compiler and the judge find; both stay ignorant of it.',
      severity: 'error',
      from: { path: '^src/lint/', pathNot: test },
      to: { pathNot: `^(src/lint/|src/core/|src/api/|src/verify/|${pure})` },
    },
    {
      name: 'nothing-decided-knows-lint',
      severity: 'error',
      from: { path: '^(src/(core|api|adapter|verify|kube)|adapters|kit)/', pathNot: test },
      to: { path: '^src/lint/' },
    },
    {
      name: 'reports-are-pure',
      severity: 'error',
      from: { path: '^src/report/', pathNot: test },
      to: { pathNot: `^(src/report/|src/core/|src/api/|src/verify/|src/lint/|.*node_modules/hono/|${pure})` },
    },
    {
      name: 'what-is-made-of-values-is-pure',
      comment: 'Diffs, surveys, suggestions and the reading of logs depend on what they are given.',
      severity: 'error',
      from: { path: '^src/(diff|survey|suggest|traffic-log)/', pathNot: test },
      to: {
        pathNot: `^(src/(diff|survey|suggest|traffic-log|core|api|verify)/|.*node_modules/yaml/|${pure})`,
      },
    },
    {
      name: 'pages-know-shapes-alone',
      comment: 'What a browser is sent shares the shapes of the answers with the server, and nothing else.',
      severity: 'error',
      from: { path: '^web/', pathNot: test },
      to: { pathNot: '^(web/|src/console/views/shapes\\.ts$|.*node_modules/preact/)' },
    },
    {
      name: 'nobody-imports-pages',
      severity: 'error',
      from: { path: '^(src|adapters|kit|tools)/', pathNot: test },
      to: { path: '^web/' },
    },
    {
      name: 'views-of-the-console-are-pure',
      severity: 'error',
      from: { path: '^src/console/views/', pathNot: test },
      to: { pathNot: `^(src/console/views/|src/report/|src/core/|src/api/|src/verify/|${pure})` },
    },
    {
      name: 'kinds-know-nobody',
      severity: 'error',
      from: { path: '^src/api/', pathNot: test },
      to: {
        pathNot: '^(src/api/|src/core/net/|src/core/model/problem\\.ts$|.*node_modules/zod/|node:net$|net$)',
      },
    },
    {
      name: 'contract-sees-only-the-model',
      severity: 'error',
      from: { path: '^src/adapter/', pathNot: test },
      to: { path: '^(src/(?!adapter/|core/|api/)|kit/|adapters/(?!index))' },
    },
    {
      name: 'kit-sees-only-the-contract',
      severity: 'error',
      from: { path: '^kit/', pathNot: test },
      to: { path: '^(src/(?!adapter/|core/(model|net|plan|text|time)/)|adapters/)' },
    },
    {
      name: 'adapters-see-only-the-contract-and-the-kit',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/', pathNot: `(^adapters/[^/]+/import-[^/]+/|${test})` },
      to: { path: '^(src/(?!adapter/|core/(model|net|plan|text|time)/)|adapters/)', pathNot: '^adapters/$1/' },
    },
    {
      name: 'importers-write-our-kinds',
      comment: "What reads another product's policies writes ours, so it knows the kinds beside what adapters know.",
      severity: 'error',
      from: { path: '^adapters/([^/]+)/import-[^/]+/', pathNot: test },
      to: { path: '^(src/(?!adapter/|api/|core/(model|net|text|time)/)|adapters/)', pathNot: '^adapters/$1/' },
    },
    {
      name: 'policy-importers-are-pure',
      comment: "What reads another product's policies writes ours; what holds them against each other is a test.",
      severity: 'error',
      from: { path: '^src/import/', pathNot: test },
      to: { pathNot: `^(src/import/|src/adapter/importer\\.ts$|src/api/|src/core/(model|net|text|time)/|${pure})` },
    },
    {
      name: 'src-never-names-an-adapter',
      comment: 'Only the registry knows which adapters exist.',
      severity: 'error',
      from: { path: '^(src|kit)/', pathNot: test },
      to: { path: '^adapters/', pathNot: '^adapters/index\\.ts$' },
    },
    {
      name: 'nobody-imports-the-command-line',
      severity: 'error',
      from: { path: '^(src|adapters|kit|tools)/', pathNot: `(^src/cli/|${test}|^tools/help-blocks)` },
      to: { path: '^src/cli/' },
    },
    {
      name: 'only-the-command-line-and-the-demo-compose',
      severity: 'error',
      from: { path: '^(src|adapters|kit)/', pathNot: `(^src/(cli|compose|demo)/|${test})` },
      to: { path: '^src/compose/' },
    },
    {
      name: 'controller-and-worker-are-apart',
      severity: 'error',
      from: { path: '^src/(controller|worker)/', pathNot: test },
      to: { path: '^src/(controller|worker|inspect)/', pathNot: '^src/$1/' },
    },
    {
      name: 'queue-library-in-queue',
      severity: 'error',
      from: { path: '^(src|adapters|kit)/', pathNot: '^src/(queue|store|audit|redis)/' },
      to: { path: 'node_modules/(bullmq|ioredis)/' },
    },
    {
      name: 'kubernetes-library-in-kube',
      severity: 'error',
      from: { path: '^(src|adapters|kit)/', pathNot: '^src/kube/' },
      to: { path: 'node_modules/@kubernetes/' },
    },
    {
      name: 'http-library-at-the-edge',
      severity: 'error',
      from: { path: '^(src|adapters|kit)/', pathNot: '^src/adapter/http' },
      to: { path: 'node_modules/axios/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
