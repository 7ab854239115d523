#include "instruction.h"

#include <stdexcept>

namespace maxmargin {

namespace {

InstructionTable allInstructions() {
  InstructionTable all;
  for (const auto& family : {elementwiseInstructions, reductionInstructions, arrangementInstructions, productInstructions,
                             convolutionInstructions, poolingInstructions, selectionInstructions, collectiveInstructions, pooledConvolutionInstructions})
    all.merge(family());
  return all;
}

}  // namespace

const KernelMaker& instructionNamed(const std::string& name) {
  static const InstructionTable table = allInstructions();
  const auto found = table.find(name);
  if (found == table.end()) throw std::invalid_argument("there is no such instruction");
  return found->second;
}

}  // namespace maxmargin
