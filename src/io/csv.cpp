// CSV. Cells are mostly plain numbers, which are read where they stand; whatever is not goes another way, slowly.
#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <new>

#include <smolgrad/data.hpp>

#include "file.hpp"
#include "message.hpp"

namespace smolgrad {

namespace {

/// std::from_chars, which depends on no locale, but for a plus sign.
std::from_chars_result read_number(const char* begin, const char* end, double& number) {
  if (begin != end && *begin == '+') {
    ++begin;
    if (begin != end && *begin == '-') return {begin, std::errc::invalid_argument};
  }
  return std::from_chars(begin, end, number);
}

/// Whether a whole cell is a number: invalid_argument if it is not, result_out_of_range if no double.
std::errc check_number(std::string_view cell, double& number) {
  const char* const end = cell.data() + cell.size();
  const auto [stop, error] = read_number(cell.data(), end, number);
  return stop == end ? error : std::errc::invalid_argument;
}

bool is_number(std::string_view cell) {
  double number;
  return check_number(cell, number) != std::errc::invalid_argument;
}

class Parser {
 public:
  Parser(std::string_view text, char separator, const std::string& name)
      : at_(text.data()), end_(text.data() + text.size()), separator_(separator), name_(name) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.substr(0, byte_order_mark.size()) == byte_order_mark) at_ += byte_order_mark.size();
  }

  Table parse(CsvHeader header) {
    Table table;
    if (only_blanks_left()) return table;
    const char* const begin = at_;
    std::vector<std::string> first = cells();
    table.columns = first.size();
    if (header == CsvHeader::present ||
        (header == CsvHeader::automatic && !std::all_of(first.begin(), first.end(), is_number))) {
      table.names = std::move(first);
    } else {
      at_ = begin;
      line_ = 1;
    }
    table.values.reserve(most_values(table.columns));
    for (; !only_blanks_left(); ++table.rows) read_row(table);
    return table;
  }

 private:
  void read_row(Table& table) {
    const std::size_t line = line_;
    std::size_t column = 0;
    do {
      if (++column > table.columns) fail(column, {"the row has more than ", table.columns, " columns"});
      table.values.push_back(number(column));
    } while (next_cell());
    if (column < table.columns) {
      line_ = line;
      fail(column + 1, {"the row ends after ", column, " of ", table.columns, " columns"});
    }
  }

  double number(std::size_t column) {
    const char* const begin = at_;
    skip_blanks();
    double number = 0.0;
    const auto [stop, error] = read_number(at_, end_, number);
    if (error == std::errc()) {
      at_ = stop;
      skip_blanks();
      if (at_cell_end()) return number;
    }
    at_ = begin;
    return unusual_number(column);
  }

  /// In quotes, or none.
  double unusual_number(std::size_t column) {
    const std::size_t line = line_;
    const std::string text = cell(column);
    double number = 0.0;
    const std::errc error = check_number(text, number);
    if (error == std::errc()) return number;
    line_ = line;
    if (text.empty()) fail(column, {"an empty cell; a missing number is spelled nan"});
    const bool out_of_range = error == std::errc::result_out_of_range;
    fail(column, {io::in_quotes(text), out_of_range ? " is beyond the range of a double" : " is no number"});
  }

  std::vector<std::string> cells() {
    std::vector<std::string> all;
    do {
      all.push_back(cell(all.size() + 1));
    } while (next_cell());
    return all;
  }

  /// A cell's text, without quotes and the blanks around.
  std::string cell(std::size_t column) {
    skip_blanks();
    if (at_ != end_ && *at_ == '"') return quoted_cell(column);
    const char* const begin = at_;
    const char* last = at_;  // behind what is not blank
    for (; !at_cell_end(); ++at_) {
      if (!is_blank(*at_)) last = at_ + 1;
    }
    return std::string(begin, last);
  }

  std::string quoted_cell(std::size_t column) {
    std::string text;
    const std::size_t line = line_;
    for (;;) {
      const char* const begin = ++at_;
      at_ = std::find(at_, end_, '"');
      line_ += static_cast<std::size_t>(std::count(begin, at_, '\n'));
      text.append(begin, at_);
      if (at_ == end_) {
        line_ = line;
        fail(column, {"a quote that is not closed"});
      }
      if (++at_ == end_ || *at_ != '"') break;
      text += '"';
    }
    skip_blanks();
    if (!at_cell_end()) fail(column, {"something follows the closing quote"});
    return text;
  }

  /// Past the end of a cell; whether it is not the row's last.
  bool next_cell() {
    if (at_ == end_) return false;
    if (*at_ == separator_) {
      ++at_;
      return true;
    }
    if (*at_ == '\r') ++at_;
    if (at_ != end_) ++at_;
    ++line_;
    return false;
  }

  bool at_cell_end() const {
    if (at_ == end_ || *at_ == separator_ || *at_ == '\n') return true;
    return *at_ == '\r' && (at_ + 1 == end_ || at_[1] == '\n');
  }

  bool is_blank(char c) const { return (c == ' ' || c == '\t') && c != separator_; }

  void skip_blanks() {
    while (at_ != end_ && is_blank(*at_)) ++at_;
  }

  bool only_blanks_left() const {
    return std::all_of(at_, end_, [&](char c) { return c == '\n' || c == '\r' || is_blank(c); });
  }

  /// As many as lines and columns allow, and the text: each number takes a digit and a separator.
  std::size_t most_values(std::size_t columns) const {
    const std::size_t by_text = static_cast<std::size_t>(end_ - at_) / 2 + 1;
    const std::size_t lines = static_cast<std::size_t>(std::count(at_, end_, '\n')) + 1;
    return lines > by_text / columns ? by_text : lines * columns;
  }

  [[noreturn]] void fail(std::size_t column, std::initializer_list<io::Part> what) const {
    io::throw_format({name_, ", line ", line_, ", column ", column, ": ", io::message(what)});
  }

  const char* at_;
  const char* end_;
  std::size_t line_ = 1;
  char separator_;
  const std::string& name_;
};

void require_separator(char c) {
  const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (alphanumeric || std::string_view("\"\r\n+-.").find(c) != std::string_view::npos)
    io::throw_invalid_argument({io::in_quotes({&c, 1}), " cannot separate cells"});
}

}  // namespace

std::size_t Table::column(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) io::throw_invalid_argument({"there is no column ", io::in_quotes(name)});
  return static_cast<std::size_t>(found - names.begin());
}

Table parse_csv(std::string_view text, const CsvOptions& options, const std::string& name) try {
  require_separator(options.separator);
  return Parser(text, options.separator, name).parse(options.header);
} catch (const std::bad_alloc&) {
  io::throw_out_of_memory(name);
}

Table read_csv(const std::string& path, const CsvOptions& options) {
  return parse_csv(io::read_file(path), options, path);
}

}  // namespace smolgrad
