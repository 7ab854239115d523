#include "process-group.h"

#include <stdexcept>

#include "backends.h"
#include "endable-wait.h"

#if defined(MAXMARGIN_GLOO) || defined(MAXMARGIN_NCCL)

#include <c10/core/InferenceMode.h>
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cstdlib>

namespace maxmargin {

namespace {

std::string described(const Place& place) {
  return "rank " + std::to_string(place.rank) + " of " + std::to_string(place.size);
}

/** libtorch's messages go on with advice for users of PyTorch, and with where they were thrown. */
std::string firstSentence(const std::exception& error) {
  const std::string text = error.what();
  const std::string line = text.substr(0, text.find('\n'));
  return line.substr(0, line.find(". "));
}

class ConnectedProcesses : public ProcessGroup {
 public:
  ConnectedProcesses(Backend backend, const Place& place, const char* name)
      : backend_(std::move(backend)), described_(described(place)), name_(name) {}

  void sum(at::Tensor& values) override {
    // Backends write into the tensors they are given, on threads of their own that know nothing of inference.
    const c10::InferenceMode ordinary(false);
    std::vector<at::Tensor> tensors{at::from_blob(values.data_ptr(), values.sizes(), values.options())};
    const EndableWait wait;
    try {
      backend_->allreduce(tensors)->wait();
    } catch (const std::exception& error) {
      throw std::runtime_error(described_ + ": another process of this training is lost, or too slow (" + firstSentence(error) +
                               "). Start all of them again: they continue from the last checkpoint");
    }
  }

  const char* name() const override { return name_; }

 private:
  const Backend backend_;
  const std::string described_;
  const char* const name_;
};

Store meetingPoint(const Place& place) {
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = place.ownStore && place.rank == 0;
  options.numWorkers = place.size;
  options.waitWorkers = false;
  options.timeout = place.timeout;
  return c10::make_intrusive<c10d::PrefixStore>(place.prefix, c10::make_intrusive<c10d::TCPStore>(place.host, options));
}

std::shared_ptr<ProcessGroup> connect(const Place& place, const at::Device& device) {
#ifdef MAXMARGIN_NCCL
  if (device.is_cuda()) return std::make_shared<ConnectedProcesses>(ncclBackend(meetingPoint(place), place), place, "NCCL");
#endif
#ifdef MAXMARGIN_GLOO
  if (device.is_cpu()) return std::make_shared<ConnectedProcesses>(glooBackend(meetingPoint(place), place), place, "Gloo");
#endif
  throw std::runtime_error("this libtorch cannot connect processes that compute on " + device.str());
}

}  // namespace

std::shared_ptr<ProcessGroup> joinProcesses(const Place& place, const at::Device& device) {
  // What goes wrong between processes, libtorch logs with pages of stack besides throwing it.
  setenv("TORCH_CPP_LOG_LEVEL", "FATAL", /*overwrite=*/0);
  c10::initLogging();
  const EndableWait wait;
  try {
    return connect(place, device);
  } catch (const std::exception& error) {
    throw std::runtime_error(described(place) + ": it could not join the others at " + place.host + ":" +
                             std::to_string(place.port) + ": " + firstSentence(error));
  }
}

}  // namespace maxmargin

#else

namespace maxmargin {

std::shared_ptr<ProcessGroup> joinProcesses(const Place&, const at::Device&) {
  throw std::runtime_error(
      "this libtorch has neither Gloo nor NCCL with their headers, so its processes cannot train together; build the engine with the "
      "libtorch of a wheel of PyTorch");
}

}  // namespace maxmargin

#endif
