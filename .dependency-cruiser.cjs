/** The layers of the house. Each rule says who may not know whom. */
const test = '(\\.test\\.ts$|/testing/)';
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'core-is-pure',
      comment: 'What is decided depends on values only: the kinds, the core itself, and pure arithmetic libraries.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: test },
      to: {
        pathNot:
          '^(src/core/|src/api/|node_modules/(zod|cidr-tools|ip-bigint|canonicalize|ipaddr\\.js)/|node:net$|net$|node:crypto$|crypto$)',
      },
    },
    {
      name: 'kinds-know-nobody',
      severity: 'error',
      from: { path: '^src/api/', pathNot: test },
      to: { pathNot: '^(src/api/|src/core/net/|src/core/model/problem\\.ts$|node_modules/zod/|node:net$|net$)' },
    },
    {
      name: 'contract-sees-only-the-model',
      severity: 'error',
      from: { path: '^src/adapter/', pathNot: test },
      to: { path: '^(src/(?!adapter/|core/|api/)|adapters/(?!index))' },
    },
    {
      name: 'adapters-see-only-the-contract',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/', pathNot: test },
      to: { path: '^(src/(?!adapter/|core/model/|core/net/|core/plan/)|adapters/)', pathNot: '^adapters/$1/' },
    },
    {
      name: 'src-never-names-an-adapter',
      comment: 'Only the registry knows which adapters exist.',
      severity: 'error',
      from: { path: '^src/', pathNot: test },
      to: { path: '^adapters/', pathNot: '^adapters/index\\.ts$' },
    },
    {
      name: 'queue-library-in-queue',
      severity: 'error',
      from: { path: '^(src|adapters)/', pathNot: '^src/(queue|store|audit|redis)/' },
      to: { path: 'node_modules/(bullmq|ioredis)/' },
    },
    {
      name: 'kubernetes-library-in-kube',
      severity: 'error',
      from: { path: '^(src|adapters)/', pathNot: '^src/kube/' },
      to: { path: 'node_modules/@kubernetes/' },
    },
    {
      name: 'http-library-at-the-edge',
      severity: 'error',
      from: { path: '^(src|adapters)/', pathNot: '^src/adapter/http' },
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
