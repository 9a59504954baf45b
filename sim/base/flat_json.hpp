// JSON as one row of tokens over its text: the quick way to read a long document that is right.
// Whatever is wrong, or only unusual, is told by nothing but "read it the thorough way": parse_json says where and why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/value.hpp"

namespace berth {

class FlatField;

/// Takes no document that parse_json refuses. Does not own the text.
class FlatJson {
 public:
  /// Nothing for a text that must be read by parse_json.
  static std::optional<FlatJson> read(std::string_view text);
  FlatField root() const;

 private:
  friend class FlatField;
  friend class FlatReader;

  struct Token {
    std::uint32_t at = 0, length = 0;  ///< of a number and of a text without its quotes; of others, of their first sign
    std::uint32_t next = 0;            ///< the token behind this value
    std::uint32_t size = 0;            ///< items of a list, members of an object
    Value::Kind kind = Value::Kind::null;
    bool escaped = false;  ///< a text with a backslash
  };

  std::string_view text_;
  std::vector<Token> tokens_;  ///< a key is a text before its value
};

/// The document is not as its reader expects it.
struct ThoroughReadNeeded {};

/// One value of a flat document, with the reading functions of Field. Does not own; the FlatJson must outlive it.
class FlatField {
 public:
  class Items;
  class Members;

  bool is(Value::Kind kind) const { return token().kind == kind; }
  std::optional<FlatField> find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key).has_value(); }
  FlatField at(std::string_view key) const;
  Items items() const;
  Members members() const;  ///< `notes` left out, as of a Field
  Members all_members() const;
  std::string key() const { return text_of(index_ - 1); }  ///< of a member
  std::string text() const;
  std::int64_t whole(std::int64_t low = 0, std::int64_t high = 1'000'000'000) const;
  std::string shown() const { return {}; }
  template <class... Words>
  [[noreturn]] void fail(const Words&...) const {
    throw ThoroughReadNeeded{};
  }

  /// A text or a number as it stands in the file, anything else nothing; good until the next call with that buffer.
  std::string_view spelling(std::string& buffer) const;

 private:
  friend class FlatJson;
  FlatField(const FlatJson& document, std::size_t index) : document_(&document), index_(index) {}
  const FlatJson::Token& token() const { return document_->tokens_[index_]; }
  std::string_view raw(std::size_t index) const {
    const FlatJson::Token& token = document_->tokens_[index];
    return document_->text_.substr(token.at, token.length);
  }
  std::string text_of(std::size_t index) const;

  const FlatJson* document_;
  std::size_t index_;
};

/// The items of a list, to be walked and counted.
class FlatField::Items {
 public:
  class Walk {
   public:
    explicit Walk(FlatField at) : at_(at) {}
    FlatField operator*() const { return at_; }
    Walk& operator++() {
      at_.index_ = at_.token().next;
      return *this;
    }
    bool operator!=(const Walk& other) const { return at_.index_ != other.at_.index_; }

   private:
    FlatField at_;
  };

  explicit Items(FlatField list) : list_(list) {}
  std::size_t size() const { return list_.token().size; }
  bool empty() const { return size() == 0; }
  Walk begin() const { return Walk({*list_.document_, list_.index_ + 1}); }
  Walk end() const { return Walk({*list_.document_, list_.token().next}); }

 private:
  FlatField list_;
};

/// The values of an object, to be walked.
class FlatField::Members {
 public:
  class Walk {
   public:
    Walk(FlatField at, std::size_t end, bool notes) : at_(at), end_(end), notes_(notes) { pass_notes(); }
    FlatField operator*() const { return at_; }
    Walk& operator++() {
      at_.index_ = at_.token().next + 1;  // over the next one's key
      pass_notes();
      return *this;
    }
    bool operator!=(const Walk& other) const { return at_.index_ != other.at_.index_; }

   private:
    void pass_notes() {
      while (!notes_ && at_.index_ < end_ && at_.raw(at_.index_ - 1) == "notes") at_.index_ = at_.token().next + 1;
    }
    FlatField at_;
    std::size_t end_;
    bool notes_;
  };

  Members(FlatField object, bool notes) : object_(object), notes_(notes) {}
  Walk begin() const { return walk(object_.index_ + 2); }
  Walk end() const { return walk(object_.token().next + std::size_t{1}); }

 private:
  Walk walk(std::size_t index) const {
    return {FlatField(*object_.document_, index), object_.token().next + std::size_t{1}, notes_};
  }
  FlatField object_;
  bool notes_;
};

inline FlatField FlatJson::root() const { return {*this, 0}; }

inline FlatField::Items FlatField::items() const {
  if (!is(Value::Kind::list)) fail();
  return Items(*this);
}

inline FlatField::Members FlatField::all_members() const {
  if (!is(Value::Kind::object)) fail();
  return {*this, true};
}

inline FlatField::Members FlatField::members() const {
  if (!is(Value::Kind::object)) fail();
  return {*this, false};
}

}  // namespace berth
