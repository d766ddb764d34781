// A progress bar on one line of the terminal.
#pragma once

#include <cstdio>
#include <string>

#include <fmt/format.h>

/// Call with done from 0 to total; `text` says how it goes.
inline void show_progress(int done, int total, const std::string& text) {
  constexpr int width = 30;
  const int filled = width * done / total;
  fmt::print("\r[{:=<{}}{: <{}}] {}/{} {}", "", filled, "", width - filled, done, total, text);
  if (done == total) fmt::print("\n");
  std::fflush(stdout);
}
