// Why a command line was not understood, in the form of every other error.
#pragma once

#include <string>
#include <vector>

#include "sim/base/error.hpp"

namespace berth {

/// What a verb takes, and what it was given.
struct Usage {
  struct Option {
    std::string name;  ///< "--jobs", "scenario"
    std::string help;
    bool number = false;             ///< takes a whole number
    std::vector<std::string> words;  ///< takes one of these; empty: any text
    std::string given;               ///< its last value; empty: none
  };
  std::string verb;                ///< "berth run"
  std::vector<std::string> verbs;  ///< that must follow; empty: none
  std::vector<Option> options;
};

/// `message`: what the parser of the command line says; `rest`: the first argument that it could not place.
InputError usage_error(const Usage& usage, const std::string& message, const std::string& rest);

}  // namespace berth
