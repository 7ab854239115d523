import type { EngineChoice } from '../../core/engine/engine.js';
import { openEngine } from '../../core/engine/open-engine.js';
import { median } from '../../trainer/mma/quantiles.js';
import type { WorkloadSettings } from '../workloads/workload.js';
import { WORKLOADS, type WorkloadName } from '../workloads/workloads.js';
import type { Contestant } from './contestant.js';

/** One of our engines, in this process: there can be only one. */
export async function openOwnEngine(
  choice: EngineChoice,
  workload: WorkloadName,
  settings: WorkloadSettings,
): Promise<Contestant> {
  const engine = await openEngine(choice);
  const { name, device, library, threads, precision = 'float32' } = engine;
  const work = await WORKLOADS[workload].open(engine, settings);
  return {
    name,
    warmUp: async (runs) => {
      for (let i = 0; i < runs; i++) await work.run();
    },
    turn: async (runs) => {
      const seconds: number[] = [];
      for (let i = 0; i < runs; i++) {
        const began = performance.now();
        await work.run();
        seconds.push((performance.now() - began) / 1000 / work.unitsPerRun);
      }
      return median(seconds);
    },
    facts: async () => ({ engine: name, device, library, threads, precision, ...(await work.facts()) }),
    close: () => {
      work.dispose();
      return Promise.resolve();
    },
  };
}
