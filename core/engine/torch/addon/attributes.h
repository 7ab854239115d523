#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace maxmargin {

/** What an instruction says besides its operands; read once, when a program is loaded. */
class Attributes {
 public:
  using Value = std::variant<double, bool, std::string, std::vector<int64_t>>;

  explicit Attributes(std::map<std::string, Value> values) : values_(std::move(values)) {}

  /** @throws std::invalid_argument, naming the attribute, if it is missing or of another type */
  double number(const std::string& name) const;
  int64_t integer(const std::string& name) const;
  bool flag(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  const std::vector<int64_t>& integers(const std::string& name) const;

 private:
  std::map<std::string, Value> values_;
};

}  // namespace maxmargin
