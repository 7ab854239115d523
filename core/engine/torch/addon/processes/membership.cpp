#include "membership.h"

#include "endable-wait.h"

#include <ATen/Functions.h>

namespace maxmargin {

std::shared_ptr<ProcessGroup> groupFrom(const Napi::Value& value, const at::Device& device) {
  if (!value.IsObject()) return nullptr;
  const Napi::Object place = value.As<Napi::Object>();
  const auto number = [&](const char* name) { return place.Get(name).As<Napi::Number>().Int64Value(); };
  return joinProcesses({static_cast<int>(number("rank")), static_cast<int>(number("size")),
                        place.Get("host").As<Napi::String>(), static_cast<uint16_t>(number("port")),
                        place.Get("ownStore").As<Napi::Boolean>(), place.Get("prefix").As<Napi::String>(),
                        std::chrono::milliseconds(number("timeoutMs"))},
                       device);
}

void addUp(ProcessGroup& group, const Napi::TypedArray& values, const at::Device& device) {
  const bool integers = values.TypedArrayType() == napi_int32_array;
  if (!integers && values.TypedArrayType() != napi_float64_array)
    throw Napi::TypeError::New(values.Env(), "torch: total: expected an Int32Array or a Float64Array");
  char* const data = static_cast<char*>(values.ArrayBuffer().Data()) + values.ByteOffset();
  const at::Tensor here = at::from_blob(data, {static_cast<int64_t>(values.ElementLength())}, integers ? at::kInt : at::kDouble);
  // On a GPU it is the copy that waits.
  const EndableWait wait;
  at::Tensor there = here.to(device);
  group.sum(there);
  here.copy_(there);
}

}  // namespace maxmargin
