import { DomainError } from '../../core/errors.js';
import { openRegistry } from '../../core/registry/open-registry.js';
import { smallPublication } from './small-publication.js';

/** What a parent asks of this process, one after the other; it answers each with a {@link RegistryAnswer}. */
export type RegistryRequest =
  | { readonly ask: 'publish' }
  /** Publishes and moves aliases and deletes until it is killed. */
  | { readonly ask: 'churn' }
  | { readonly ask: 'setAlias'; readonly version: number; readonly expected: number };
export type RegistryAnswer = { readonly version: number } | { readonly refused: string };

// A process of its own that uses a registry: node registry-child.js ROOT NAME
const [root = '', name = ''] = process.argv.slice(2);
const registry = await openRegistry(root);

async function answer(request: RegistryRequest): Promise<RegistryAnswer> {
  switch (request.ask) {
    case 'publish':
      return { version: await registry.publish(name, smallPublication(process.pid)) };
    case 'setAlias':
      await registry.setAlias(name, 'champion', request.version, request.expected);
      return { version: request.version };
    case 'churn':
      for (;;) {
        const version = await registry.publish(name, smallPublication(process.pid));
        await unlessOutrun(registry.setAlias(name, 'champion', version));
        if (version > 2 && version % 2 === 0) await unlessOutrun(registry.deleteVersion(name, version - 1));
      }
  }
}

/** Lets pass what happens when another process has deleted the version, or made it champion, meanwhile. */
async function unlessOutrun(change: Promise<unknown>): Promise<void> {
  await change.catch((error: unknown) => {
    if (!(error instanceof DomainError && ['not-found', 'failed-precondition'].includes(error.kind))) throw error;
  });
}

process.on('message', (request: RegistryRequest) => {
  void answer(request)
    .catch((error: unknown): RegistryAnswer => {
      if (error instanceof DomainError) return { refused: error.kind };
      throw error;
    })
    .then((reply) => process.send?.(reply));
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
