#include "sim/policy/placement/cluster_query.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace berth {
namespace {

using Operator = QueryTerm::Operator;
using Subject = QueryTerm::Subject;

struct OperatorWord {
  std::string_view word;
  Operator is;
  bool negated;
};
/// Longer signs before shorter ones that begin alike.
constexpr std::array<OperatorWord, 22> kOperatorWords = {{
    {"==", Operator::equals, false},        {"equals", Operator::equals, false},
    {"!=", Operator::equals, true},         {"not_equals", Operator::equals, true},
    {">=", Operator::greater_equal, false}, {"greater_than_equal", Operator::greater_equal, false},
    {">", Operator::greater, false},        {"greater_than", Operator::greater, false},
    {"<=", Operator::less_equal, false},    {"less_than_equal", Operator::less_equal, false},
    {"<", Operator::less, false},           {"less_than", Operator::less, false},
    {"!exists", Operator::exists, true},    {"not_exists", Operator::exists, true},
    {"exists", Operator::exists, false},    {"!in", Operator::in, true},
    {"not_in", Operator::in, true},         {"in", Operator::in, false},
    {"=~", Operator::matches, false},       {"matches", Operator::matches, false},
    {"!~", Operator::matches, true},        {"not_matches", Operator::matches, true},
}};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::optional<double> as_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Recursive descent: or < and < not < term or brackets.
class QueryReader {
 public:
  QueryReader(std::string_view text, ClusterQuery& query) : text_(text), query_(query) {}

  std::optional<QueryError> read() {
    either(0);
    skip_spaces();
    if (!error_ && at_ < text_.size())
      fail("and, or, or the end of the query", "join two expressions with and, or with or");
    return error_;
  }

 private:
  static constexpr int kDeepest = 24;  // two operands wait at each depth: what evaluate() has bits for
  using Kind = ClusterQuery::Step::Kind;

  void fail(std::string expected, std::string cure) {
    if (!error_) error_ = QueryError{at_, std::move(expected), std::move(cure)};
  }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  /// Takes a sign, or a word that ends there.
  bool take(std::string_view token) {
    skip_spaces();
    if (text_.substr(at_, token.size()) != token) return false;
    const std::size_t end = at_ + token.size();
    if (is_word(token.back()) && end < text_.size() && is_word(text_[end])) return false;
    at_ = end;
    return true;
  }

  void either(int depth) {
    both(depth);
    while (!error_ && (take("||") || take("or"))) {
      both(depth);
      query_.steps.push_back({Kind::either});
    }
  }

  void both(int depth) {
    negation(depth);
    while (!error_ && (take("&&") || take("and"))) {
      negation(depth);
      query_.steps.push_back({Kind::both});
    }
  }

  void negation(int depth) {
    if (depth > kDeepest) return fail("at most 24 brackets in each other", "write a simpler query");
    if (take("not") || take("!")) {
      negation(depth + 1);
      query_.steps.push_back({Kind::negation});
      return;
    }
    if (!take("(")) return term();
    either(depth + 1);
    if (!error_ && !take(")")) fail("the ) of a ( before", "write )");
  }

  void term() {
    QueryTerm term{Subject::attribute, Operator::exists};
    subject(term);
    if (!error_) comparison(term);
    if (!error_) argument(term);
    if (error_) return;
    query_.steps.push_back({Kind::term, static_cast<std::uint32_t>(query_.terms.size())});
    query_.terms.push_back(std::move(term));
  }

  void subject(QueryTerm& term) {
    skip_spaces();
    const std::size_t from = at_;
    const auto belongs = [&](char c) { return is_word(c) || std::string_view("-/\\.:").find(c) != std::string::npos; };
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    const std::string_view word = text_.substr(from, at_ - from);
    constexpr std::string_view kAttribute = "attribute:";
    if (word.substr(0, kAttribute.size()) == kAttribute && word.size() > kAttribute.size()) {
      term.attribute = word.substr(kAttribute.size());
      return;
    }
    if (word == "task:group") term.subject = Subject::task_group;
    else if (word == "agentConnected") term.subject = Subject::agent_connected;
    else unknown_subject(word, from);
  }

  void unknown_subject(std::string_view word, std::size_t from) {
    at_ = from;
    for (const std::string_view other : {"agentVersion", "ec2InstanceId", "registeredAt", "runningTasksCount"})
      if (word == other)
        return fail("a subject that is simulated: attribute:NAME, task:group or agentConnected",
                    std::string(other) + " is not simulated; give the pool a label and ask for attribute:NAME");
    fail("attribute:NAME, task:group or agentConnected", "write attribute:ecs.instance-type == m6i.large");
  }

  void comparison(QueryTerm& term) {
    for (const OperatorWord& o : kOperatorWords)
      if (take(o.word)) {
        term.is = o.is;
        term.negated = o.negated;
        return allowed(term, o.word);
      }
    skip_spaces();
    fail("an operator: ==, !=, >, >=, <, <=, in, !in, =~, !~, exists or !exists", "write attribute:NAME == VALUE");
  }

  void allowed(const QueryTerm& term, std::string_view word) {
    const bool ordered = term.is != Operator::equals && term.is != Operator::in && term.is != Operator::matches;
    if (term.subject == Subject::attribute || !ordered) return;
    at_ -= word.size();
    fail("==, !=, in, !in, =~ or !~ after this subject", "write task:group == service:NAME");
  }

  void argument(QueryTerm& term) {
    if (term.is == Operator::exists) return;
    skip_spaces();
    const std::size_t from = at_;
    if (term.is == Operator::in) return list(term);
    term.arguments.push_back(literal(term.is == Operator::matches));
    if (error_) return;
    if (term.is == Operator::matches) return read_pattern(term, from);
    if (term.is == Operator::equals) return agent_says(term);
    const auto number = as_number(term.arguments.front());
    at_ = number ? at_ : from;
    if (!number) return fail("a number after >, >=, < or <=", "write a number, or compare with ==");
    term.number = *number;
  }

  /// The agent of every instance that tasks can come to is connected.
  void agent_says(QueryTerm& term) {
    if (term.subject == Subject::agent_connected && term.arguments.front() != "true") term.negated = !term.negated;
  }

  void read_pattern(QueryTerm& term, std::size_t from) {
    const auto wrong = term.pattern.read(term.arguments.front());
    if (wrong) {
      const bool quoted = text_[from] == '\'' || text_[from] == '"';
      at_ = std::min(text_.size(), from + wrong->position + (quoted ? 1 : 0));
      return fail(wrong->expected, "write a pattern such as m6i.*");
    }
    if (term.subject == Subject::agent_connected && !term.pattern.matches("true")) term.negated = !term.negated;
  }

  void list(QueryTerm& term) {
    if (!take("[")) return fail("[ after in", "write in [a, b]");
    do {
      skip_spaces();
      term.arguments.push_back(literal(false));
    } while (!error_ && take(","));
    if (!error_ && !take("]")) return fail(", or ]", "write in [a, b]");
    const auto& all = term.arguments;
    if (term.subject == Subject::agent_connected && std::find(all.begin(), all.end(), "true") == all.end())
      term.negated = !term.negated;
  }

  /// A quoted text, or what stands there up to a space or a sign of the language. A pattern may contain most signs,
  /// and brackets in pairs.
  std::string literal(bool pattern) {
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) return quoted();
    const std::size_t from = at_;
    int open = 0;
    for (; at_ < text_.size() && !is_space(text_[at_]); ++at_) {
      const char c = text_[at_];
      if (text_.substr(at_, 2) == "&&" || text_.substr(at_, 2) == "||") break;
      if (!pattern && std::string_view(")],([").find(c) != std::string_view::npos) break;
      if (pattern && c == ')' && open == 0) break;
      open += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (pattern && c == '\\' && at_ + 1 < text_.size() && !is_space(text_[at_ + 1])) ++at_;
    }
    if (at_ == from) fail("a value", "write a value such as m6i.large, in quotes where it has spaces or brackets");
    return std::string(text_.substr(from, at_ - from));
  }

  std::string quoted() {
    const char mark = text_[at_];
    const std::size_t end = text_.find(mark, at_ + 1);
    if (end == std::string_view::npos) return fail("the quotation mark that ends this text", "close the quotes"), "";
    const std::string inner(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return inner;
  }

  std::string_view text_;
  ClusterQuery& query_;
  std::size_t at_ = 0;
  std::optional<QueryError> error_;
};

bool compares(const QueryTerm& term, const std::string& value) {
  const auto number = term.is == Operator::greater || term.is == Operator::greater_equal || term.is == Operator::less ||
                              term.is == Operator::less_equal
                          ? as_number(value)
                          : std::nullopt;
  switch (term.is) {
    case Operator::exists:
      return true;
    case Operator::equals:
      return value == term.arguments.front();
    case Operator::in:
      return std::find(term.arguments.begin(), term.arguments.end(), value) != term.arguments.end();
    case Operator::matches:
      return term.pattern.matches(value);
    case Operator::greater:
      return number && *number > term.number;
    case Operator::greater_equal:
      return number && *number >= term.number;
    case Operator::less:
      return number && *number < term.number;
    case Operator::less_equal:
      return number && *number <= term.number;
  }
  return false;
}

}  // namespace

std::optional<QueryError> parse_cluster_query(std::string_view text, ClusterQuery& query) {
  ClusterQuery read;
  auto error = QueryReader(text, read).read();
  if (!error) query = std::move(read);
  return error;
}

bool holds(const QueryTerm& term, const NodeAttributes& attributes) {
  const std::string* value = attribute(attributes, term.attribute);
  if (value == nullptr) return term.is == Operator::exists && term.negated;
  return compares(term, *value) != term.negated;
}

bool names_group(const QueryTerm& term, std::string_view group) { return compares(term, std::string(group)); }

}  // namespace berth
