// Reading a scenario file and what it includes.
#include "sim/scenario/read_file.hpp"

#include <algorithm>
#include <filesystem>

#include "sim/base/field.hpp"

namespace berth {
namespace {

constexpr std::size_t kDeepestInclude = 16;

/// One reading: the files it is inside of, to see a cycle.
class IncludeReader {
 public:
  explicit IncludeReader(std::vector<std::string>& inputs) : inputs_(inputs) {}

  Value read(const std::string& file) {
    Value own = load_json(file);
    if (std::find(inputs_.begin(), inputs_.end(), file) == inputs_.end()) inputs_.push_back(file);
    const Field root(own, file);
    if (!own.is(Value::Kind::object)) root.fail("an object: a scenario", root.shown(), "write { \"berth\": 1, … }");
    const auto include = root.find("include");
    if (!include) return own;
    open_.push_back(std::filesystem::weakly_canonical(file).string());
    Value all = Value::of_object(own.origin);
    for (const Field& item : include->items()) merge(all, read_included(item));
    open_.pop_back();
    merge(all, own);
    all.erase("include");
    all.origin = own.origin;
    return all;
  }

 private:
  Value read_included(const Field& item) {
    const std::string path = path_from(item.value().origin, item.text());
    const std::string same = std::filesystem::weakly_canonical(path).string();
    if (std::find(open_.begin(), open_.end(), same) != open_.end())
      item.fail("a file that does not include this one", item.shown(), "remove one of the two includes");
    if (open_.size() >= kDeepestInclude)
      item.fail("at most 16 levels of include", "one more", "include the file from the first one");
    std::error_code missing;
    if (!std::filesystem::exists(path, missing))
      item.fail("a file that exists", item.shown() + " (" + path + ")", "paths are relative to the file they stand in");
    return read(path);
  }

  std::vector<std::string>& inputs_;
  std::vector<std::string> open_;
};

}  // namespace

Value read_with_includes(const std::string& file, std::vector<std::string>& inputs) {
  return IncludeReader(inputs).read(file);
}

std::string path_from(const Origin& origin, const std::string& path) {
  const std::filesystem::path there(path);
  const bool option = !origin || origin->compare(0, 2, "--") == 0;
  if (option || there.is_absolute()) return path;
  const std::filesystem::path folder = std::filesystem::path(*origin).parent_path();
  return folder.empty() ? path : (folder / there).lexically_normal().string();
}

}  // namespace berth
