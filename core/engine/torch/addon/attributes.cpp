#include "attributes.h"

#include <stdexcept>

namespace maxmargin {

namespace {

template <typename T>
const T& get(const std::map<std::string, Attributes::Value>& values, const std::string& name, const char* type) {
  const auto found = values.find(name);
  const T* value = found == values.end() ? nullptr : std::get_if<T>(&found->second);
  if (value == nullptr) throw std::invalid_argument("attribute " + name + ": expected " + type);
  return *value;
}

}  // namespace

double Attributes::number(const std::string& name) const { return get<double>(values_, name, "a number"); }

int64_t Attributes::integer(const std::string& name) const { return static_cast<int64_t>(number(name)); }

bool Attributes::flag(const std::string& name) const { return get<bool>(values_, name, "a boolean"); }

const std::string& Attributes::text(const std::string& name) const {
  return get<std::string>(values_, name, "a string");
}

const std::vector<int64_t>& Attributes::integers(const std::string& name) const {
  return get<std::vector<int64_t>>(values_, name, "a list of integers");
}

}  // namespace maxmargin
