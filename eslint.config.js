import tseslint from 'typescript-eslint';

const clockAndRandomness = [
  'Date',
  'process',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
  'crypto',
];

/** Each argument takes room on the stack, which more than 100,000 of them overflow. */
const spreadLists = [
  {
    selector: 'CallExpression[callee.property.name=/^(push|unshift|splice|concat)$/] > SpreadElement',
    message: 'A long list overflows the stack as arguments: add its items one by one.',
  },
  {
    selector: "CallExpression[callee.object.name='Math'] > SpreadElement",
    message: 'A long list overflows the stack as arguments: use maxOf or minOf.',
  },
];

/** Somebody, or NTP, may set the clock meanwhile. Only what came from another clock is compared with it. */
const wallDurations = [
  "BinaryExpression[operator='-'] > CallExpression[callee.property.name='now'][callee.object.name!='performance']",
].map((selector) => ({ selector, message: 'Measure durations with Clock.elapsed.' }));

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'web/dist/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-console': 'error',
      complexity: ['error', 15],
      'max-depth': ['error', 4],
      'max-params': ['error', 5],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'The environment is read in src/compose/environment.ts only.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
        { selector: "CallExpression[callee.name='mkdir'] Property[key.name='recursive']", message: 'Use makeFolder.' },
        ...spreadLists,
        ...wallDurations,
      ],
    },
  },
  {
    // What decides is pure and synchronous: the same input gives the same output, anywhere, at any time.
    files: [
      'src/core/**/*.ts',
      'src/verify/**/*.ts',
      'src/lint/**/*.ts',
      'src/report/**/*.ts',
      'src/diff/**/*.ts',
      'src/console/views/**/*.ts',
      'src/api/**/*.ts',
      'adapters/*/lower*.ts',
      'adapters/*/lower/**/*.ts',
      'adapters/*/batch.ts',
      'kit/ordered-table/lower.ts',
      'kit/common/{ownership,rules}/*.ts',
      'kit/common/groups/{capacity,inventory,members,shards}.ts',
      'kit/common/batches.ts',
    ],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-globals': ['error', ...clockAndRandomness],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
        ...spreadLists,
        { selector: ':function[async=true]', message: 'Core is synchronous.' },
        { selector: 'AwaitExpression', message: 'Core is synchronous.' },
        { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Core is deterministic.' },
      ],
    },
  },
  {
    // `Date.UTC` and the calendar of the platform, with every argument given: no clock is read.
    files: ['src/core/time/instant.ts', 'src/verify/values/time.ts'],
    rules: { 'no-restricted-globals': ['error', ...clockAndRandomness.filter((name) => name !== 'Date')] },
  },
  {
    files: ['src/compose/environment.ts', '**/*.test.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'no-console': ['error', { allow: ['warn'] }],
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='vi'][callee.property.name='mock']",
          message: 'Pass a twin instead of mocking a module.',
        },
      ],
    },
  },
  { files: ['vitest.config.ts', 'eslint.config.js'], rules: { 'no-restricted-syntax': 'off' } },
);
