#include "sim/observe/table_text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace berth {

std::string counted(double n) {
  std::string text = fmt::format("{:.0f}", n);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

std::string figures(double v) {
  return v >= 100 ? counted(v) : fmt::format("{:.{}f}", v, v >= 10 ? 1 : v >= 1 || v == 0 ? 2 : 3);
}

std::string time_text(double s) {
  if (s < 1000) return fmt::format("{:.1f} s", s);
  return s < 6000 ? fmt::format("{:.1f} min", s / 60) : fmt::format("{:.1f} h", s / 3600);
}

void TableText::heading() {
  text_ += std::string(kLabelWidth, ' ');
  for (const Summary& s : summaries_) cell(s.architecture);
  text_ += '\n';
}

void TableText::section(std::string_view name) { text_ += fmt::format("{}\n", name); }

void TableText::row(std::string_view label, const Shown& shown) {
  text_ += fmt::format("{:<{}}", label.substr(0, kLabelWidth), kLabelWidth);
  for (const Summary& s : summaries_) cell(s.hosted ? shown(s) : "-");
  text_ += '\n';
}

void TableText::row(std::string_view label, const Figure& figure, std::string (*shown)(double), double same) {
  row(label, [&](const Summary& s) {
    const auto v = figure(s);
    return v ? shown(*v) : std::string("-");
  });
  compare(label, {figure}, same);
}

void TableText::pair(std::string_view label, const Figure& first, const Figure& second, std::string (*shown)(double),
                     double same) {
  row(label, [&](const Summary& s) {
    const auto a = first(s), b = second(s);
    return a && b ? figures(*a) + " / " + shown(*b) : std::string("-");
  });
  compare(label, {first, second}, same);
}

void TableText::hosting(const std::map<std::string, std::size_t>& notes) {
  text_ += fmt::format("{:<{}}", "can it be hosted", kLabelWidth);
  for (const Summary& s : summaries_) {
    const auto note = notes.find(s.architecture);
    cell((note == notes.end() ? "yes" : "no") + (note == notes.end() ? "" : fmt::format(" [{}]", note->second)));
  }
  text_ += '\n';
}

void TableText::cell(std::string text) {
  if (text.size() > kColumnWidth - 1) text.resize(kColumnWidth - 1);
  text_ += fmt::format("{:>{}}", text, kColumnWidth);
}

void TableText::compare(std::string_view label, const std::vector<Figure>& all, double same) {
  std::size_t columns = 0;
  for (const Figure& figure : all) {
    double low = 0, high = 0;
    columns = 0;
    for (const Summary& s : summaries_) {
      if (!s.hosted) continue;
      const auto v = figure(s);
      if (!v) return;  // a figure that one of them has not got is a difference
      low = columns == 0 ? *v : std::min(low, *v);
      high = columns == 0 ? *v : std::max(high, *v);
      ++columns;
    }
    if (high - low > same * high) return;
  }
  if (columns >= 2) equal_.emplace_back(label.substr(std::min(label.find_first_not_of(' '), label.size())));
}

std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  std::string out, line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      out += line + "\n";
      line = std::string(indent, ' ') + word;
    } else {
      line += (line.empty() ? "" : " ") + word;
    }
    at = end + 1;
  }
  return out + line + "\n";
}

std::string wrapped_behind(const std::string& head, const std::string& text, std::size_t width) {
  const std::string room(head.size(), '.');  // the first word stays with its head
  return head + wrapped(room + text, head.size(), width).substr(head.size());
}

std::string shortened(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 4) + " ...";
}

}  // namespace berth
