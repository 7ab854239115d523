#include "program-text.h"

#include <ATen/ops/empty.h>

#include <cstring>

#include "dtypes.h"

namespace maxmargin {

namespace {

template <typename T>
std::vector<T> integersFrom(const Napi::Array& array) {
  std::vector<T> values;
  for (uint32_t i = 0; i < array.Length(); i++)
    values.push_back(static_cast<T>(array.Get(i).As<Napi::Number>().Int64Value()));
  return values;
}

Attributes attributesFrom(const Napi::Object& object) {
  std::map<std::string, Attributes::Value> values;
  const Napi::Array names = object.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).As<Napi::String>();
    const Napi::Value value = object.Get(name);
    if (value.IsNumber())
      values[name] = value.As<Napi::Number>().DoubleValue();
    else if (value.IsBoolean())
      values[name] = value.As<Napi::Boolean>().Value();
    else if (value.IsString())
      values[name] = value.As<Napi::String>().Utf8Value();
    else if (value.IsArray())
      values[name] = integersFrom<int64_t>(value.As<Napi::Array>());
    else
      throw Napi::TypeError::New(object.Env(), "torch: attribute " + name + ": expected a number, boolean, string or list");
  }
  return Attributes(std::move(values));
}

/** One value for all elements stays one in memory. */
at::Tensor constantFrom(const Napi::Object& constant) {
  const Napi::TypedArray values = constant.Get("values").As<Napi::TypedArray>();
  const Napi::Array shape = constant.Get("shape").As<Napi::Array>();
  const std::string dtype = constant.Get("dtype").As<Napi::String>();
  if (values.ElementLength() != 1) return tensorFrom(values, shape, dtype);
  return tensorFrom(values, Napi::Array::New(constant.Env()), dtype).expand(integersFrom<int64_t>(shape));
}

template <typename F>
void each(const Napi::Value& array, F f) {
  const Napi::Array items = array.As<Napi::Array>();
  for (uint32_t i = 0; i < items.Length(); i++) f(items.Get(i).As<Napi::Object>());
}

}  // namespace

at::Tensor tensorFrom(const Napi::TypedArray& values, const Napi::Array& shape, const std::string& dtype) {
  const at::Tensor tensor = at::empty(integersFrom<int64_t>(shape), typeNamed(dtype));
  if (values.ByteLength() != tensor.nbytes())
    throw Napi::TypeError::New(values.Env(), "torch: expected " + std::to_string(tensor.nbytes()) + " bytes, got " +
                                                 std::to_string(values.ByteLength()));
  std::memcpy(tensor.data_ptr(), static_cast<const char*>(values.ArrayBuffer().Data()) + values.ByteOffset(), tensor.nbytes());
  return tensor;
}

ProgramText programTextFrom(const Napi::Object& program, const at::Device& device) {
  ProgramText text;
  text.slots = program.Get("slots").As<Napi::Number>().Uint32Value();
  text.inputs = integersFrom<size_t>(program.Get("inputs").As<Napi::Array>());
  text.outputs = integersFrom<size_t>(program.Get("outputs").As<Napi::Array>());
  const Napi::Array lasting = program.Get("lasting").As<Napi::Array>();
  for (uint32_t i = 0; i < lasting.Length(); i++) text.lasting.push_back(lasting.Get(i).As<Napi::Boolean>());
  each(program.Get("constants"), [&](const Napi::Object& constant) {
    text.constants.emplace_back(constant.Get("slot").As<Napi::Number>().Uint32Value(), constantFrom(constant).to(device));
  });
  each(program.Get("steps"), [&](const Napi::Object& step) {
    text.steps.push_back({step.Get("instruction").As<Napi::String>(), attributesFrom(step.Get("attributes").As<Napi::Object>()),
                          integersFrom<size_t>(step.Get("operands").As<Napi::Array>()),
                          integersFrom<size_t>(step.Get("results").As<Napi::Array>())});
  });
  return text;
}

}  // namespace maxmargin
