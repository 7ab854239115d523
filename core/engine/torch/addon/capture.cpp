#include "capture.h"

#include <stdexcept>

#ifdef MAXMARGIN_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace maxmargin {

/** What a graph replays on: it reads and writes the addresses that it was recorded with. */
struct Capture::State {
  Body body;
  at::cuda::CUDAGraph graph;
  bool recorded = false;
  /** The memory that the graph reads, and whose values were copied there last. */
  std::vector<at::Tensor> inputs;
  std::vector<at::Tensor> copiedFrom;
  /** The memory that the graph writes. */
  std::vector<at::Tensor> outputs;

  void record(const std::vector<at::Tensor>& arguments) {
    for (const at::Tensor& argument : arguments) inputs.push_back(argument.clone());
    copiedFrom = arguments;
    // Libraries choose algorithms and take their workspaces in the first calls, which a graph cannot record: these run beforehand, on
    // the stream that records.
    const c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool();
    c10::cuda::getCurrentCUDAStream().synchronize();
    const c10::cuda::CUDAStreamGuard guard(stream);
    for (int warmUp = 0; warmUp < 2; warmUp++) body(inputs);
    stream.synchronize();
    graph.capture_begin();
    outputs = body(inputs);
    graph.capture_end();
    stream.synchronize();
    recorded = true;
  }

  void refresh(const std::vector<at::Tensor>& arguments) {
    // Tensors are never changed: the same tensor holds the same values.
    for (size_t i = 0; i < arguments.size(); i++)
      if (!copiedFrom[i].is_same(arguments[i])) {
        inputs[i].copy_(arguments[i], /*non_blocking=*/true);
        copiedFrom[i] = arguments[i];
      }
  }
};

Capture::Capture(Body body) : state_(std::make_unique<State>()) { state_->body = std::move(body); }

std::vector<at::Tensor> Capture::run(const std::vector<at::Tensor>& inputs) {
  if (state_->recorded)
    state_->refresh(inputs);
  else
    state_->record(inputs);
  state_->graph.replay();
  std::vector<at::Tensor> results;
  results.reserve(state_->outputs.size());
  for (const at::Tensor& output : state_->outputs) results.push_back(output.clone());
  return results;
}

bool Capture::available() { return true; }

#else

namespace maxmargin {

struct Capture::State {};

Capture::Capture(Body) {}

std::vector<at::Tensor> Capture::run(const std::vector<at::Tensor>&) {
  throw std::logic_error("torch: built against a libtorch without CUDA");
}

bool Capture::available() { return false; }

#endif

Capture::~Capture() = default;

}  // namespace maxmargin
