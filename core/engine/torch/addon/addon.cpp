#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <napi.h>
#include <torch/version.h>

#include "devices.h"
#include "dtypes.h"
#include "processes/membership.h"
#include "program-text.h"
#include "program.h"
#include "tensor-table.h"

namespace maxmargin {

namespace {

/** What one open engine holds. */
class Session : public Napi::ObjectWrap<Session> {
 public:
  explicit Session(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<Session>(info),
        setting_{deviceNamed(info[0].As<Napi::String>()), precisionNamed(info[1].As<Napi::String>()), nullptr} {
    setting_.group = groupFrom(info[2], setting_.device);
  }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Session",
                       {InstanceMethod<&Session::upload>("upload"), InstanceMethod<&Session::download>("download"),
                        InstanceMethod<&Session::release>("release"), InstanceMethod<&Session::load>("load"),
                        InstanceMethod<&Session::unload>("unload"), InstanceMethod<&Session::run>("run"),
                        InstanceMethod<&Session::held>("held"), InstanceMethod<&Session::total>("total")});
  }

 private:
  /** (typed array, shape, dtype) → handle */
  Napi::Value upload(const Napi::CallbackInfo& info) {
    const c10::InferenceMode guard;
    return Napi::Number::New(info.Env(), tensors_.keep(tensorFrom(info[0].As<Napi::TypedArray>(), info[1].As<Napi::Array>(),
                                                                 info[2].As<Napi::String>())
                                                           .to(setting_.device)));
  }

  /** (handle, typed array to fill) */
  Napi::Value download(const Napi::CallbackInfo& info) {
    const c10::InferenceMode guard;
    const at::Tensor here = tensors_.at(info[0].As<Napi::Number>().Uint32Value()).cpu().contiguous();
    const Napi::TypedArray into = info[1].As<Napi::TypedArray>();
    if (into.ByteLength() != here.nbytes()) throw Napi::TypeError::New(info.Env(), "torch: download: another size");
    std::memcpy(static_cast<char*>(into.ArrayBuffer().Data()) + into.ByteOffset(), here.data_ptr(), here.nbytes());
    return info.Env().Undefined();
  }

  Napi::Value release(const Napi::CallbackInfo& info) {
    tensors_.release(info[0].As<Napi::Number>().Uint32Value());
    return info.Env().Undefined();
  }

  /** (program) → program handle */
  Napi::Value load(const Napi::CallbackInfo& info) {
    const c10::InferenceMode guard;
    const uint32_t id = nextProgram_++;
    programs_[id] = std::make_unique<Program>(programTextFrom(info[0].As<Napi::Object>(), setting_.device), setting_);
    return Napi::Number::New(info.Env(), id);
  }

  Napi::Value unload(const Napi::CallbackInfo& info) {
    programs_.erase(info[0].As<Napi::Number>().Uint32Value());
    return info.Env().Undefined();
  }

  /** (program handle, Uint32Array of handles) → Uint32Array of handles */
  Napi::Value run(const Napi::CallbackInfo& info) {
    const auto found = programs_.find(info[0].As<Napi::Number>().Uint32Value());
    if (found == programs_.end()) throw Napi::TypeError::New(info.Env(), "torch: this program is not loaded");
    const Napi::Uint32Array handles = info[1].As<Napi::Uint32Array>();
    std::vector<at::Tensor> inputs;
    for (size_t i = 0; i < handles.ElementLength(); i++) inputs.push_back(tensors_.at(handles[i]));
    const std::vector<at::Tensor> outputs = found->second->run(inputs);
    Napi::Uint32Array results = Napi::Uint32Array::New(info.Env(), outputs.size());
    for (size_t i = 0; i < outputs.size(); i++) results[i] = tensors_.keep(outputs[i]);
    return results;
  }

  /** How many tensors are held. */
  Napi::Value held(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(tensors_.size()));
  }

  /** (Int32Array or Float64Array): added up over all processes, in place. */
  Napi::Value total(const Napi::CallbackInfo& info) {
    if (setting_.group) addUp(*setting_.group, info[0].As<Napi::TypedArray>(), setting_.device);
    return info.Env().Undefined();
  }

  Setting setting_;
  TensorTable tensors_;
  std::map<uint32_t, std::unique_ptr<Program>> programs_;
  uint32_t nextProgram_ = 0;
};

Napi::Value devices(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  for (const DeviceDescription& device : visibleDevices()) {
    Napi::Object entry = Napi::Object::New(info.Env());
    entry.Set("id", device.id);
    entry.Set("name", device.name);
    list.Set(list.Length(), entry);
  }
  return list;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("Session", Session::define(env));
  exports.Set("devices", Napi::Function::New(env, devices));
#ifdef MAXMARGIN_CUDA
  exports.Set("cuda", true);
#else
  exports.Set("cuda", false);
#endif
  exports.Set("version", TORCH_VERSION);
  exports.Set("threads", at::get_num_threads());
  return exports;
}

}  // namespace

}  // namespace maxmargin

static Napi::Object Init(Napi::Env env, Napi::Object exports) { return maxmargin::initialise(env, exports); }
NODE_API_MODULE(maxmargin_torch, Init)
