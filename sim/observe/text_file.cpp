#include "sim/observe/text_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace berth {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void fail_file(const char* what, const std::string& path) {
  throw RunError(fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

void put_text(const std::string& path, std::string_view text, const char* mode) {
  std::FILE* const file = std::fopen(path.c_str(), mode);
  if (file == nullptr) fail_file("cannot write", path);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed) fail_file("cannot write", path);
}

}  // namespace

void write_text(const std::string& path, std::string_view text) { put_text(path, text, "wb"); }
void append_text(const std::string& path, std::string_view text) { put_text(path, text, "ab"); }

std::string read_text(const std::string& path) {
  const OpenFile file{std::fopen(path.c_str(), "rb")};
  if (!file) fail_file("cannot read", path);
  std::string text;
  char block[65536];
  for (std::size_t n; (n = std::fread(block, 1, sizeof block, file.get())) > 0;) text.append(block, n);
  if (std::ferror(file.get()) != 0) fail_file("cannot read", path);
  return text;
}

}  // namespace berth
