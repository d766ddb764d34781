// A table of numbers from a CSV file without a header.
#pragma once

#include <cstddef>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Table {
  std::size_t columns = 0;
  std::vector<double> cells;  // row by row

  std::size_t rows() const { return columns == 0 ? 0 : cells.size() / columns; }
  const double* row(std::size_t i) const { return cells.data() + i * columns; }
};

inline Table read_table(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  file.imbue(std::locale::classic());
  Table table;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    cells.imbue(std::locale::classic());
    std::size_t count = 0;
    for (double cell = 0.0; cells >> cell; cells.ignore(1, ',')) {
      table.cells.push_back(cell);
      ++count;
    }
    if (table.columns == 0) table.columns = count;
    if (count != table.columns || !cells.eof()) throw std::runtime_error(path + ": a row is not as the first: " + line);
  }
  return table;
}
