#include "tensor-table.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace maxmargin {

TensorTable::Handle TensorTable::keep(at::Tensor tensor) {
  if (free_.empty()) {
    tensors_.push_back(std::move(tensor));
    return static_cast<Handle>(tensors_.size() - 1);
  }
  const Handle handle = free_.back();
  free_.pop_back();
  tensors_[handle] = std::move(tensor);
  return handle;
}

const at::Tensor& TensorTable::at(Handle handle) const {
  if (handle >= tensors_.size() || !tensors_[handle].defined())
    throw std::out_of_range("torch: tensor " + std::to_string(handle) + " is not held: released, or never made");
  return tensors_[handle];
}

void TensorTable::release(Handle handle) {
  at(handle);
  tensors_[handle].reset();
  free_.push_back(handle);
}

}  // namespace maxmargin
