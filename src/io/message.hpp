// Messages about data. They are made of a few parts each, seldom, and in many places: this takes less room than fmt.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace smolgrad::io {

/// Text, or a number to be written in decimal. Refers to the text.
struct Part {
  Part(const char* part) : text(part) {}
  Part(std::string_view part) : text(part) {}
  Part(const std::string& part) : text(part) {}
  Part(std::size_t part) : number(part), is_number(true) {}

  std::string_view text;
  std::size_t number = 0;
  bool is_number = false;
};

std::string message(std::initializer_list<Part> parts);

/// Between quotes, short and printable: what stands in a file that is not what it should be may be anything.
std::string in_quotes(std::string_view text);

/// Throw Error with that code.
[[noreturn]] void throw_format(std::initializer_list<Part> parts);
[[noreturn]] void throw_invalid_argument(std::initializer_list<Part> parts);
[[noreturn]] void throw_out_of_memory(std::string_view what);

}  // namespace smolgrad::io
