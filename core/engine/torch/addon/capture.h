#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

namespace maxmargin {

using Body = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>;

/**
 * A pure function of tensors of fixed shapes, recorded on its first call into a CUDA graph and replayed from then on: the kernels follow
 * each other on the device without the host in between.
 */
class Capture {
 public:
  explicit Capture(Body body);
  ~Capture();

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs);

  /** Whether this build can record at all. */
  static bool available();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace maxmargin
