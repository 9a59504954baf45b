// How each single value of a scenario is read.
#include "sim/scenario/scalars.hpp"

#include <fmt/format.h>

namespace berth {
namespace {

constexpr std::string_view kPositive = "positive ";

bool is_positive(std::string_view type) { return type.substr(0, kPositive.size()) == kPositive; }

/// "gpu:1", "host_port:80": the part before the colon is one of these, the part after it a whole number.
void read_need(const Field& field) {
  const std::string text = field.text();
  const std::size_t colon = text.find(':');
  const std::string word = text.substr(0, colon);
  const std::vector<std::string> known = {"gpu", "privileged", "host_port", "host_network", "kernel_parameters"};
  const bool numbered = word == "gpu" || word == "host_port";
  bool right = numbered || colon == std::string::npos;
  for (std::size_t i = colon == std::string::npos ? text.size() : colon + 1; i < text.size(); ++i)
    right = right && text[i] >= '0' && text[i] <= '9';
  right = right && (!numbered || colon == std::string::npos || colon + 1 < text.size());
  const std::string number = numbered && colon != std::string::npos ? text.substr(colon + 1) : "1";
  const std::int64_t most = word == "gpu" ? 1'000 : 65'535;
  if (right && numbered && (number.size() > 5 || std::stoll(number) < 1 || std::stoll(number) > most))
    field.fail(fmt::format("a number from 1 to {} after {}:", most, word), field.shown(),
               word == "gpu" ? "write \"gpu:1\"" : "write \"host_port:80\"");
  if (right && text == "host_port") field.fail("the number of the port", field.shown(), "write \"host_port:80\"");
  for (const std::string& k : known)
    if (right && k == word) return;
  const std::string near = nearest(word, known);
  field.fail("one of gpu:1, privileged, host_port:80, host_network, kernel_parameters", field.shown(),
             "write \"" +
                 (near.empty()          ? std::string("privileged")
                  : near == "gpu"       ? "gpu:1"
                  : near == "host_port" ? "host_port:80"
                                        : near) +
                 "\"");
}

const ScalarType kScalars[] = {
    {"text", "a text", "string", [](const Field& f) { f.text(); }},
    {"truth", "true or false", "boolean", [](const Field& f) { f.truth(); }},
    {"whole", "a whole number", "integer", [](const Field& f) { f.whole(); }},
    {"count", "a whole number from 1", "integer", [](const Field& f) { f.whole(1); }},
    {"replicas", "a whole number", "integer", [](const Field& f) { f.whole(0, kMostReplicas); }},
    {"seed", "a whole number", "integer", [](const Field& f) { f.whole(0, kLargestSeed); }},
    {"number", "a number", "number", [](const Field& f) { f.number(); }},
    {"signed", "a number, also below zero", "number", [](const Field& f) { f.number(-1e15); }},
    {"percent", "a percentage, such as \"25 %\"", "string,number", [](const Field& f) { f.percent(); }},
    {"cpu", "an amount of CPU with a unit, such as \"0.5 vCPU\"", "string", [](const Field& f) { f.cpu(); }},
    {"bytes", "an amount of memory with a unit, such as \"512 MiB\"", "string", [](const Field& f) { f.bytes(); }},
    {"duration", "a duration with a unit, such as \"30 s\"", "string", [](const Field& f) { f.duration(); }},
    {"instant", "a date, such as \"2026-03-02T00:00Z\"", "string", [](const Field& f) { f.instant(); }},
    {"usd", "an amount of money, such as \"0.04 USD\"", "string", [](const Field& f) { f.usd(); }},
    {"rate", "a rate with a unit, such as \"5 /s\"", "string", [](const Field& f) { f.per_second(); }},
    {"bandwidth", "a bandwidth, such as \"125 MiB/s\"", "string", [](const Field& f) { f.bytes_per_second(); }},
    {"need", "a need, such as \"privileged\" or \"gpu:1\"", "string", &read_need},
    {"anything", "anything", "", [](const Field&) {}},
};

bool is_zero(const Field& field, std::string_view type) {
  if (type == "duration") return field.duration() == Duration{0};
  if (type == "bytes") return field.bytes() == Bytes{};
  if (type == "bandwidth") return field.bytes_per_second() <= 0;
  return type == "cpu" && field.cpu() == Cpu{};
}

}  // namespace

double signed_number(const Field& field) { return field.number(-1e15); }

const ScalarType* scalar_type(std::string_view name) {
  if (is_positive(name)) name.remove_prefix(kPositive.size());
  for (const ScalarType& s : kScalars)
    if (s.name == name) return &s;
  return nullptr;
}

void check_scalar(const Field& field, std::string_view type) {
  scalar_type(type)->read(field);
  if (!is_positive(type)) return;
  if (is_zero(field, type.substr(kPositive.size())))
    field.fail(std::string(scalar_type(type)->what) + ", more than zero", field.shown(), "write a larger one");
}

}  // namespace berth
