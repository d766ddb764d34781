#include "message.hpp"

#include <algorithm>

#include <smolgrad/error.hpp>

namespace smolgrad::io {

std::string message(std::initializer_list<Part> parts) {
  std::string text;
  for (const Part& part : parts) {
    if (part.is_number) {
      text += std::to_string(part.number);
    } else {
      text += part.text;
    }
  }
  return text;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string shown(text.substr(0, most));
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
  return message({"\"", shown, text.size() > most ? "...\"" : "\""});
}

void throw_format(std::initializer_list<Part> parts) { throw Error(ErrorCode::format, message(parts)); }

void throw_invalid_argument(std::initializer_list<Part> parts) {
  throw Error(ErrorCode::invalid_argument, message(parts));
}

void throw_out_of_memory(std::string_view what) {
  throw Error(ErrorCode::out_of_memory, message({"out of memory for ", what}));
}

}  // namespace smolgrad::io
