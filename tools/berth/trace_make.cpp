// `berth trace make`: a synthetic trace as a CSV file, so that shapes can be shipped and shared.
#include <filesystem>

#include "sim/base/field.hpp"
#include "sim/demand/synthetic.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {

int trace_make_verb(const TraceMakeRequest& request) {
  const Value description = load_json(request.file);
  const Value length = Value::of_text(request.duration, nullptr);
  const Value start = Value::of_text(request.start, nullptr);
  const LoadSeries series =
      synthetic(Field(description, request.file), Field(length, "--duration").duration(), request.seed);
  if (std::filesystem::exists(request.out))
    throw InputError({"", "--out", "a file that does not exist yet", request.out, "remove it, or name another file"});
  write_trace_csv(series, Field(start, "--start").instant(), request.out);
  return kDone;
}

}  // namespace berth
