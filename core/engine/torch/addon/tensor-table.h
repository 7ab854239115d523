#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace maxmargin {

/** Tensors that JavaScript holds by number, each on its device until it is released. */
class TensorTable {
 public:
  using Handle = uint32_t;

  Handle keep(at::Tensor tensor);
  /** @throws std::out_of_range for a handle that is not held */
  const at::Tensor& at(Handle handle) const;
  void release(Handle handle);
  /** How many tensors are held. */
  size_t size() const { return tensors_.size() - free_.size(); }

 private:
  std::vector<at::Tensor> tensors_;
  std::vector<Handle> free_;
};

}  // namespace maxmargin
