#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace gloo::rendezvous {

/** Never made by the addon: only what libtorch's header overrides is declared. */
class Store {
 public:
  /** Older headers of libtorch wait so long by default. */
  static constexpr std::chrono::milliseconds kDefaultTimeout = std::chrono::seconds(30);
  virtual ~Store();
  virtual void set(const std::string& key, const std::vector<char>& value) = 0;
  virtual std::vector<char> get(const std::string& key) = 0;
  virtual void wait(const std::vector<std::string>& keys) = 0;
  virtual void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds& timeout) = 0;
};

}  // namespace gloo::rendezvous
