#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "instruction.h"

namespace maxmargin {

/** One step of a program: an instruction by name, the slots that it reads and those that it writes. */
struct Step {
  std::string instruction;
  Attributes attributes;
  std::vector<size_t> operands;
  std::vector<size_t> results;
};

/** A straight line of steps over numbered slots, each written once, before it is read. */
struct ProgramText {
  size_t slots;
  /** The slots of the arguments. */
  std::vector<size_t> inputs;
  /** For each argument, whether it is likely to be the same tensor in the next call: what depends on such alone is computed once. */
  std::vector<bool> lasting;
  /** Slots and what stands in them before the first step. */
  std::vector<std::pair<size_t, at::Tensor>> constants;
  std::vector<Step> steps;
  std::vector<size_t> outputs;
};

/** Steps decoded once: run as one call, without asking anybody anything in between. Each slot is freed after its last use. */
class StepList {
 public:
  /** @param kept slots to leave alone after their last use: outputs */
  StepList(const std::vector<const Step*>& steps, const std::vector<size_t>& kept, const Setting& setting);

  /** Runs the steps over a frame of slots. */
  void run(std::vector<at::Tensor>& frame) const;

 private:
  struct Decoded {
    std::string name;
    Kernel kernel;
    std::vector<size_t> operands;
    /** Whether an operand's slot is not read again. */
    std::vector<bool> last;
    std::vector<size_t> results;
  };
  std::vector<Decoded> steps_;
};

class Capture;

/** A loaded program: what follows from lasting arguments alone, hoisted out of the calls, and the rest. */
class Program {
 public:
  Program(ProgramText text, const Setting& setting);
  ~Program();

  /** One result per output; tensors are never changed afterwards, so they may share memory with arguments. */
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs);

 private:
  void hoist(const std::vector<at::Tensor>& inputs);
  std::vector<at::Tensor> runBody(const std::vector<at::Tensor>& boundary) const;

  Setting setting_;
  size_t slots_;
  std::vector<size_t> inputs_;
  std::vector<size_t> outputs_;
  std::vector<bool> lasting_;
  std::vector<std::pair<size_t, at::Tensor>> constants_;
  std::unique_ptr<StepList> prologue_;
  std::unique_ptr<StepList> body_;
  /** The slots that the body reads without writing them: arguments, constants, and what the prologue leaves. */
  std::vector<size_t> boundary_;
  /** The lasting arguments that the prologue last ran with, and the frame that it left. */
  std::vector<at::Tensor> hoistedFrom_;
  std::vector<at::Tensor> frame_;
  std::unique_ptr<Capture> capture_;
};

}  // namespace maxmargin
