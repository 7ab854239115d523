import { messageOf } from '../../core/errors.js';
import { openOwnEngine } from './own-engine.js';
import type { Contestant } from './contestant.js';
import type { EngineAnswer, EngineRequest } from './engine-process.js';

let contestant: Contestant | undefined;

async function answer(request: EngineRequest): Promise<EngineAnswer> {
  if (request.kind === 'open') {
    contestant = await openOwnEngine(request.engine, request.workload, request.settings);
    return { name: contestant.name };
  }
  if (contestant === undefined) throw new Error('no workload is open');
  switch (request.kind) {
    case 'warm-up':
      await contestant.warmUp(request.runs);
      return {};
    case 'turn':
      return { seconds: await contestant.turn(request.runs) };
    case 'facts':
      return { facts: await contestant.facts() };
  }
}

process.on('message', (request: EngineRequest) => {
  answer(request).then(
    (answered) => process.send?.(answered),
    (error: unknown) => process.send?.({ error: messageOf(error) } satisfies EngineAnswer),
  );
});
