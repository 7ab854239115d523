#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace maxmargin {

/** Where this process stands among those that train together, and where they meet. */
struct Place {
  int rank;
  int size;
  std::string host;
  uint16_t port;
  /** Whether rank 0 keeps the meeting point itself; else whoever started the processes does. */
  bool ownStore;
  /** Sets apart what a restarted group leaves at the meeting point. */
  std::string prefix;
  /** How long one process waits for another. */
  std::chrono::milliseconds timeout;
};

/** Processes that compute together: each of them does the same in the same order. */
class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;
  /** Adds up a contiguous tensor over all processes, in place. @throws std::runtime_error if another process is lost */
  virtual void sum(at::Tensor& values) = 0;
  /** What connects them, for people. */
  virtual const char* name() const = 0;
};

/**
 * Meets the other processes: over NCCL for a GPU, over Gloo for the CPU.
 *
 * @throws std::runtime_error if they do not come in time, or this libtorch cannot connect processes
 */
std::shared_ptr<ProcessGroup> joinProcesses(const Place& place, const at::Device& device);

}  // namespace maxmargin
