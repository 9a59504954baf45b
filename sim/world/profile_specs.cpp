// When a selector of a Fargate profile meets a pod: Amazon EKS user guide, commit 4d52b4d, fargate-profile.adoc.
#include "sim/world/profile_specs.hpp"

#include <algorithm>

namespace berth {

/// Back to the last star with one more character for it: never more than pattern × text steps.
bool matches_wildcards(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool selects(const ProfileSelector& selector, std::string_view name_space, const Labels& labels) {
  if (!matches_wildcards(selector.name_space, name_space)) return false;
  return std::all_of(selector.labels.begin(), selector.labels.end(), [&](const auto& wanted) {
    return std::any_of(labels.begin(), labels.end(), [&](const auto& label) {
      return matches_wildcards(wanted.first, label.first) && matches_wildcards(wanted.second, label.second);
    });
  });
}

}  // namespace berth
