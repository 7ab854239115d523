import type { Slot, TorchProgram, TorchStep } from '../torch-program.js';

/** A program without the steps and constants whose results nobody reads. */
export function withoutUnused(program: TorchProgram): TorchProgram {
  const read = new Set<Slot>(program.outputs);
  const steps: TorchStep[] = [];
  for (const step of program.steps.toReversed()) {
    if (!step.results.some((slot) => read.has(slot))) continue;
    steps.push(step);
    for (const slot of step.operands) read.add(slot);
  }
  return {
    ...program,
    steps: steps.toReversed(),
    constants: program.constants.filter(({ slot }) => read.has(slot)),
  };
}
