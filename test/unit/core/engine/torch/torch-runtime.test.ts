import assert from 'node:assert/strict';
import { graphBuilder } from '../../../../../core/engine/graph/graph-builder.js';
import { DomainError } from '../../../../../core/errors.js';
import type { TorchSession } from '../../../../../core/engine/torch/addon-binding.js';
import { torchRuntime } from '../../../../../core/engine/torch/torch-runtime.js';

const TYPE = { shape: [2], dtype: 'float32' } as const;
const STACK = '\nException raised from alloc at alloc.cpp:1 (most recent call first):\nframe #0: c10::Error';

/** A session that holds nothing, and fails as the addon does: with an Error of the library's text. */
function failing(...methods: readonly (keyof TorchSession)[]): TorchSession {
  const answers = { upload: 1, download: undefined, load: 1, run: Uint32Array.of(1), held: 0 };
  const fail = (method: string) => () => {
    throw new Error(`no memory for ${method}${STACK}`);
  };
  return new Proxy({} as TorchSession, {
    get: (_, method: keyof typeof answers) => (methods.includes(method) ? fail(method) : () => answers[method]),
  });
}

describe('what fails in libtorch', () => {
  const graph = (() => {
    const builder = graphBuilder();
    return builder.finish([builder.add('neg', [builder.input('x', TYPE)], {})]);
  })();
  /** Moves a tensor there, runs a program on it and reads the result. */
  const use = (session: TorchSession): void => {
    const runtime = torchRuntime(session, { device: 'cpu', float32: true });
    const program = runtime.load(graph, { weights: 0, runsPerWeights: 1 });
    const [result] = program.run([runtime.upload(Float32Array.of(1, 2), TYPE)]);
    runtime.download(result!, TYPE);
  };

  for (const [method, what] of [
    ['upload', 'a tensor'],
    ['load', 'a program'],
    ['run', 'a run'],
    ['download', 'a result'],
  ] as const)
    it(`names the engine and ${what}, and leaves the library's own stack out`, () => {
      assert.throws(
        () => {
          use(failing(method));
        },
        (error) =>
          error instanceof DomainError &&
          error.kind === 'internal' &&
          error.message === `engine torch: ${what}: no memory for ${method}`,
      );
    });

  it('is nothing otherwise', () => {
    use(failing());
  });
});
