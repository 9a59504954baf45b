// Errors a user can mend: where, what was expected, what was found, and the cure.
#pragma once

#include <stdexcept>
#include <string>

namespace berth {

/// A wrong input. The program prints what() and exits with code 2; nothing has been written.
class InputError : public std::runtime_error {
 public:
  struct Parts {
    std::string file;      ///< as the user named it; empty when the command line itself is wrong
    std::string place;     ///< JSON Pointer, "line 17", or an option such as "--seed"
    std::string expected;  ///< "an amount of memory with a unit"
    std::string found;     ///< "1024"
    std::string cure;      ///< "write \"1024 MiB\""
  };
  explicit InputError(Parts parts);
  const Parts& parts() const { return parts_; }

 private:
  Parts parts_;
};

/// The run could not be carried to its end (exit code 1): a disk that filled up, a child process that died.
class RunError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace berth
