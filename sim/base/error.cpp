#include "sim/base/error.hpp"

#include <utility>

namespace berth {
namespace {

std::string sentence(const InputError::Parts& p) {
  std::string text = p.file;
  if (!p.place.empty()) text += (text.empty() ? "" : ": ") + p.place;
  text += (text.empty() ? "  expected  " : "\n  expected  ") + p.expected;
  if (!p.found.empty()) text += "\n  found     " + p.found;
  if (!p.cure.empty()) text += "\n  cure      " + p.cure;
  return text;
}

}  // namespace

InputError::InputError(Parts parts) : std::runtime_error(sentence(parts)), parts_(std::move(parts)) {}

}  // namespace berth
