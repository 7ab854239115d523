#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "attributes.h"
#include "precision.h"

namespace maxmargin {

/**
 * An instruction's operands. Images are [n, h, w, c], contiguous; what nobody needs afterwards has been moved in, so that its memory may
 * be written over (see reusable).
 */
using Operands = std::vector<at::Tensor>&;
using Results = std::vector<at::Tensor>;

/** Runs one instruction. */
using Kernel = std::function<Results(Operands)>;

class ProcessGroup;

/** What kernels may depend on besides their attributes. */
struct Setting {
  at::Device device;
  Precision precision;
  /** The processes that train together; none where this one is alone. */
  std::shared_ptr<ProcessGroup> group;
};

/** Makes the kernel of one instruction from its attributes, once per program. */
using KernelMaker = std::function<Kernel(const Attributes&, const Setting&)>;
using InstructionTable = std::map<std::string, KernelMaker>;

/** The instructions, one table a family. */
InstructionTable elementwiseInstructions();
InstructionTable reductionInstructions();
InstructionTable arrangementInstructions();
InstructionTable productInstructions();
InstructionTable convolutionInstructions();
InstructionTable poolingInstructions();
InstructionTable selectionInstructions();
InstructionTable pooledConvolutionInstructions();
InstructionTable collectiveInstructions();

/** @throws std::invalid_argument for an instruction that there is not */
const KernelMaker& instructionNamed(const std::string& name);

/** Whether nothing else refers to a tensor's memory, so that a result may be written over it. */
inline bool reusable(const at::Tensor& tensor) {
  return tensor.use_count() == 1 && tensor.storage().use_count() == 1 && tensor.is_contiguous();
}

/** A kernel of one result, as a function of its operands. */
template <typename F>
Kernel one(F f) {
  return [f = std::move(f)](Operands operands) { return Results{f(operands)}; };
}

/** A maker for instructions without attributes. */
template <typename F>
KernelMaker plain(F f) {
  return [f](const Attributes&, const Setting&) { return one(f); };
}

}  // namespace maxmargin
