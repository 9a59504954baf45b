// Place, expectation, finding and cure of a wrong command line.
#include "tools/berth/usage.hpp"

#include <fmt/format.h>

#include "sim/base/field.hpp"

namespace berth {
namespace {

std::string help_of(const Usage& usage) { return fmt::format("see `{} --help`", usage.verb); }

/// "trace make" of `berth trace make`.
std::string place_of(const Usage& usage) {
  const std::size_t blank = usage.verb.find(' ');
  return blank == std::string::npos ? "verb" : usage.verb.substr(blank + 1);
}

/// The nearest verb, or the one that begins like this.
std::string nearest_verb(const Usage& usage, const std::string& rest) {
  for (const std::string& verb : usage.verbs)
    if (rest.size() > 1 && verb.compare(0, rest.size(), rest) == 0) return verb;
  return nearest(rest, usage.verbs);
}

InputError wrong_verb(const Usage& usage, const std::string& rest) {
  const bool option = !rest.empty() && rest.front() == '-';
  const std::string near = nearest_verb(usage, rest);
  return InputError({"", place_of(usage), fmt::format("a verb: {}", fmt::join(usage.verbs, ", ")),
                     rest.empty() ? "none" : rest,
                     option         ? "put options after the verb; " + help_of(usage)
                     : near.empty() ? help_of(usage)
                                    : fmt::format("write {} {}", usage.verb, near)});
}

InputError unplaced(const Usage& usage, const std::string& rest) {
  if (rest.front() != '-')
    return InputError(
        {"", place_of(usage), "no further argument", rest, "remove it, or put quotes around a value that has blanks"});
  std::vector<std::string> known;
  for (const Usage::Option& o : usage.options)
    if (o.name.front() == '-') known.push_back(o.name);
  const std::string near = nearest(rest.substr(0, rest.find('=')), known);
  return InputError({"", place_of(usage), fmt::format("one of its options: {}", fmt::join(known, ", ")), rest,
                     near.empty() ? help_of(usage) : "write " + near});
}

/// The option that the message speaks of: the first name in it, the longer of two that begin there.
const Usage::Option* option_in(const Usage& usage, const std::string& message) {
  const Usage::Option* found = nullptr;
  std::size_t where = std::string::npos;
  for (const Usage::Option& o : usage.options) {
    const std::size_t at = message.find(o.name);
    if (at == std::string::npos || at > where || (at == where && o.name.size() < found->name.size())) continue;
    found = &o;
    where = at;
  }
  return found;
}

InputError wrong_value(const Usage& usage, const Usage::Option& option) {
  const std::string near = nearest(option.given, option.words);
  const bool named = option.name.front() == '-';
  const std::string lead = named ? option.name + " " : "";
  return InputError({"", option.name,
                     !option.words.empty() ? fmt::format("one of {}", fmt::join(option.words, ", "))
                     : option.number       ? "a whole number from 0"
                                           : option.help,
                     option.given.empty() ? "none" : option.given,
                     !near.empty()   ? "write " + lead + near
                     : option.number ? "write " + lead + "4"
                                     : help_of(usage)});
}

}  // namespace

InputError usage_error(const Usage& usage, const std::string& message, const std::string& rest) {
  if (!usage.verbs.empty()) return wrong_verb(usage, rest);
  const auto says = [&](const char* words) { return message.find(words) != std::string::npos; };
  if (!rest.empty() && (says("not expected") || says("is required"))) return unplaced(usage, rest);
  if (const Usage::Option* option = option_in(usage, message)) return wrong_value(usage, *option);
  return InputError({"", place_of(usage), "a command line that it understands", message, help_of(usage)});
}

}  // namespace berth
