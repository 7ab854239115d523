import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'coverage/',
      'engines/',
      'proto/gen/',
      'eslint.config.js',
      '.dependency-cruiser.cjs',
      'scripts/',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'Date',
          property: 'now',
          message: 'It may jump: measure durations and deadlines by monotonicMs() or performance.now().',
        },
      ],
      // Numbers in messages are the rule here, not the exception.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Of typescript-eslint 8.73; follows types that contain themselves, as trees of tensors do, without end.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Mocha's `it` takes the promise itself.
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    // Where a library takes a deadline by the time of day; and the times at which jobs were made.
    files: ['host/call-deadline.ts', 'clients/client/call-method.ts', 'trainer/jobs/job-store.ts', 'test/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // What these print is their result.
    files: ['clients/cli/**', 'bench/**'],
    rules: { 'no-console': 'off' },
  },
);
