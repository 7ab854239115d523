// Imports go one way: main → service → {jobs, mma, predictor} → core → tfjs.
const test = '^(test|bench)/';
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-knows-no-services',
      comment: 'core knows no gRPC, no HTTP, no configuration, no log',
      severity: 'error',
      from: { path: '^core/' },
      to: {
        path: '^(host|trainer|server|clients|proto|test|bench)/|node_modules/(@grpc|nice-grpc|prom-client|pino|commander)',
      },
    },
    {
      name: 'margin-is-pure',
      comment: 'the numerics of margins know neither models on disk nor any input or output',
      severity: 'error',
      from: { path: '^core/margin/' },
      to: { path: '^core/(registry|model|process)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'margin-does-no-io',
      severity: 'error',
      from: { path: '^core/margin/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'host-knows-no-product',
      comment:
        'host is what both services listen with: it runs no tensor and opens no model, though it may say what one is',
      severity: 'error',
      from: { path: '^host/' },
      to: {
        path: '^(trainer|server|clients|test|bench)/|^core/(engine|margin|model|registry)/|node_modules/@tensorflow',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'services-are-strangers',
      severity: 'error',
      from: { path: '^(trainer|server)/' },
      to: { path: '^(trainer|server)/', pathNot: '^$1/' },
    },
    {
      name: 'services-know-no-clients',
      severity: 'error',
      from: { path: '^(trainer|server)/' },
      to: { path: '^(clients|test|bench)/' },
    },
    {
      name: 'mains-are-the-top',
      severity: 'error',
      from: { pathNot: test },
      to: { path: '^(trainer|server)/main\\.ts$' },
    },
    {
      name: 'services-are-imported-by-main-alone',
      severity: 'error',
      from: { pathNot: ['^(trainer|server)/main\\.ts$', '^(trainer|server)/service/', test] },
      to: { path: '^(trainer|server)/service/' },
    },
    {
      name: 'training-knows-no-service',
      comment:
        'data, mma and evaluate run in a job process or from the command line, without gRPC, logs or configuration',
      severity: 'error',
      from: { path: '^trainer/(data|mma|evaluate)/' },
      to: { path: '^(host|proto)/|^trainer/(jobs|service)/|node_modules/(@grpc|nice-grpc|prom-client|pino)' },
    },
    {
      name: 'jobs-know-no-grpc',
      comment: 'jobs are stored in JSON of the contract, by its messages alone',
      severity: 'error',
      from: { path: '^trainer/jobs/|^server/predictor/', pathNot: '^trainer/jobs/spec-message\\.ts$' },
      to: { path: 'node_modules/(@grpc|nice-grpc)|^proto/' },
    },
    {
      name: 'clients-import-the-contract-alone',
      severity: 'error',
      from: { path: '^clients/', pathNot: '^clients/cli/' },
      to: { path: '^(core|host|trainer|server|test|bench)/' },
    },
    {
      name: 'command-line-runs-locally-through-trainer-and-core',
      severity: 'error',
      from: { path: '^clients/cli/' },
      to: { path: '^(host|server|test|bench)/|^trainer/(main|service)', pathNot: '^host/config/' },
    },
    { name: 'product-knows-no-tests', severity: 'error', from: { pathNot: test }, to: { path: test } },
    {
      name: 'nothing-undeclared',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['^test/', '^proto/gen/', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'no-test-packages-in-the-product',
      severity: 'error',
      from: { pathNot: test },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
