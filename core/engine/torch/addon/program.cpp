#include "program.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "capture.h"

namespace maxmargin {

StepList::StepList(const std::vector<const Step*>& steps, const std::vector<size_t>& kept, const Setting& setting) {
  std::set<size_t> readLater(kept.begin(), kept.end());
  steps_.reserve(steps.size());
  for (const Step* step : steps) {
    try {
      steps_.push_back({step->instruction,
                        instructionNamed(step->instruction)(step->attributes, setting),
                        step->operands,
                        std::vector<bool>(step->operands.size(), false),
                        step->results});
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("torch: instruction " + step->instruction + ": " + error.what());
    }
  }
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
    for (size_t i = step->operands.size(); i-- > 0;) step->last[i] = readLater.insert(step->operands[i]).second;
}

void StepList::run(std::vector<at::Tensor>& frame) const {
  std::vector<at::Tensor> operands;
  for (const Decoded& step : steps_) {
    operands.clear();
    for (const size_t slot : step.operands) operands.push_back(frame[slot]);
    for (size_t i = 0; i < step.operands.size(); i++)
      if (step.last[i]) frame[step.operands[i]].reset();
    try {
      Results results = step.kernel(operands);
      for (size_t i = 0; i < step.results.size(); i++) frame[step.results[i]] = std::move(results.at(i));
    } catch (const c10::Error& error) {
      throw std::runtime_error("torch: instruction " + step.name + ": " + error.what_without_backtrace());
    }
  }
}

namespace {

/** The steps that depend on lasting slots alone, and the others. */
std::pair<std::vector<const Step*>, std::vector<const Step*>> split(const ProgramText& text) {
  std::set<size_t> lasting;
  for (size_t i = 0; i < text.inputs.size(); i++)
    if (text.lasting.at(i)) lasting.insert(text.inputs[i]);
  for (const auto& [slot, value] : text.constants) lasting.insert(slot);
  std::pair<std::vector<const Step*>, std::vector<const Step*>> parts;
  for (const Step& step : text.steps) {
    bool hoists = true;
    for (const size_t slot : step.operands) hoists = hoists && lasting.count(slot) > 0;
    if (hoists) lasting.insert(step.results.begin(), step.results.end());
    (hoists ? parts.first : parts.second).push_back(&step);
  }
  return parts;
}

/** Whether a program waits for other processes, which what is replayed on the device cannot. */
bool exchanges(const ProgramText& text) {
  return std::any_of(text.steps.begin(), text.steps.end(),
                     [](const Step& step) { return step.instruction == "allReduceSum"; });
}

}  // namespace

Program::Program(ProgramText text, const Setting& setting)
    : setting_(setting),
      slots_(text.slots),
      inputs_(text.inputs),
      outputs_(text.outputs),
      lasting_(text.lasting),
      constants_(text.constants) {
  const auto [hoisted, rest] = split(text);
  std::set<size_t> written, read(text.outputs.begin(), text.outputs.end());
  for (const Step* step : rest) {
    written.insert(step->results.begin(), step->results.end());
    read.insert(step->operands.begin(), step->operands.end());
  }
  for (const size_t slot : read)
    if (written.count(slot) == 0) boundary_.push_back(slot);
  prologue_ = std::make_unique<StepList>(hoisted, boundary_, setting);
  body_ = std::make_unique<StepList>(rest, text.outputs, setting);
  if (setting.device.is_cuda() && Capture::available() && !exchanges(text))
    capture_ = std::make_unique<Capture>([this](const std::vector<at::Tensor>& boundary) { return runBody(boundary); });
}

Program::~Program() = default;

void Program::hoist(const std::vector<at::Tensor>& inputs) {
  bool same = hoistedFrom_.size() == inputs.size();
  for (size_t i = 0; same && i < inputs.size(); i++) same = !lasting_[i] || hoistedFrom_[i].is_same(inputs[i]);
  if (!same) {
    std::vector<at::Tensor> frame(slots_);
    for (const auto& [slot, value] : constants_) frame[slot] = value;
    for (size_t i = 0; i < inputs.size(); i++)
      if (lasting_[i]) frame[inputs_[i]] = inputs[i];
    prologue_->run(frame);
    frame_ = std::move(frame);
    hoistedFrom_.assign(inputs.size(), at::Tensor());
    for (size_t i = 0; i < inputs.size(); i++)
      if (lasting_[i]) hoistedFrom_[i] = inputs[i];
  }
}

std::vector<at::Tensor> Program::runBody(const std::vector<at::Tensor>& boundary) const {
  std::vector<at::Tensor> frame(slots_);
  for (size_t i = 0; i < boundary_.size(); i++) frame[boundary_[i]] = boundary[i];
  body_->run(frame);
  std::vector<at::Tensor> results;
  results.reserve(outputs_.size());
  for (const size_t slot : outputs_) results.push_back(frame[slot].contiguous());
  return results;
}

std::vector<at::Tensor> Program::run(const std::vector<at::Tensor>& inputs) {
  if (inputs.size() != inputs_.size()) throw std::invalid_argument("torch: a program was given the wrong number of tensors");
  const c10::InferenceMode guard;
  usePrecision(setting_.precision);
  hoist(inputs);
  std::vector<at::Tensor> frame(slots_);
  for (size_t i = 0; i < inputs.size(); i++) frame[inputs_[i]] = inputs[i];
  std::vector<at::Tensor> boundary;
  boundary.reserve(boundary_.size());
  for (const size_t slot : boundary_) boundary.push_back(frame[slot].defined() ? frame[slot] : frame_[slot]);
  return capture_ ? capture_->run(boundary) : runBody(boundary);
}

}  // namespace maxmargin
