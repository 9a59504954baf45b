#include "sim/demand/traces/trace_text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <zlib.h>

#include "sim/base/error.hpp"

namespace berth {

namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

[[noreturn]] void too_large(const std::string& file, std::size_t most, const char* how) {
  throw InputError({file, "", fmt::format("a trace of at most {} MiB{}", most >> 20, how), "a larger one",
                    "cut it into parts, or sum it up over longer intervals"});
}

std::string whole_file(const std::string& file) {
  const auto unreadable = [&](int error) {
    return InputError({file, "", "a readable file with a trace", std::strerror(error),
                       "check the path; in a scenario it is relative to the scenario's folder"});
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"), &std::fclose);
  if (!in) throw unreadable(errno);
  std::string text;
  std::error_code unknown;  // of a pipe, say
  const std::uintmax_t expected = std::filesystem::file_size(file, unknown);
  if (!unknown && expected <= kLargestTrace) text.reserve(static_cast<std::size_t>(expected) + kBlock);
  std::size_t got = 0;
  do {
    const std::size_t size = text.size();
    text.resize(size + kBlock);
    got = std::fread(text.data() + size, 1, kBlock, in.get());
    text.resize(size + got);
    if (text.size() > kLargestTrace) too_large(file, kLargestTrace, "");
  } while (got == kBlock);
  if (std::ferror(in.get()) != 0) throw unreadable(errno);
  return text;
}

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.substr(0, 2) == "\x1f\x8b"; }

std::string gunzip(std::string_view packed, const std::string& file, std::size_t most) {
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw RunError("zlib has no memory");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  std::size_t size = 0;
  while (true) {
    if (size == text.size()) text.append(std::min(most + 1 - size, std::max(kBlock, size)), '\0');
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + size);
    stream.avail_out = static_cast<uInt>(text.size() - size);
    const int result = inflate(&stream, Z_NO_FLUSH);
    size = text.size() - stream.avail_out;
    if (size > most) too_large(file, most, " when it is unpacked");
    if (result == Z_STREAM_END) {
      // gzip files may be put one behind the other; zeros and other padding behind the last are passed over.
      const std::string_view rest(reinterpret_cast<const char*>(stream.next_in), stream.avail_in);
      if (!is_gzip(rest)) break;
      inflateReset(&stream);
      continue;
    }
    const bool cut_off = (result == Z_OK || result == Z_BUF_ERROR) && stream.avail_in == 0 && stream.avail_out != 0;
    if (cut_off || (result != Z_OK && result != Z_BUF_ERROR))
      throw InputError({file, "", "a whole gzip file", cut_off ? "one that is cut off" : "one that is damaged",
                        "copy it again; gzip -t tells whether it is whole"});
  }
  text.erase(size);
  return text;
}

std::string read_trace_text(const std::string& file) {
  std::string text = whole_file(file);
  return is_gzip(text) ? gunzip(text, file) : text;
}

}  // namespace berth
