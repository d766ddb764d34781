// Tables of numbers from files.
#include <smolgrad/data.hpp>

#include <utility>

#include "boundary.hpp"

using namespace smolgrad;

struct smolgrad_table {
  Table table;
};

namespace {

template <class Read>
smolgrad_table* read_table(smolgrad_tape* tape, const char* path, Read read) {
  if (tape == nullptr) return nullptr;
  return capi::result_of<smolgrad_table*>(tape, nullptr, [&] {
    if (path == nullptr) throw Error(ErrorCode::invalid_argument, "an argument is NULL");
    return new smolgrad_table{read()};
  });
}

}  // namespace

smolgrad_table* smolgrad_table_read_csv(smolgrad_tape* tape, const char* path, int32_t header) {
  return read_table(tape, path, [&] {
    if (header < 0 || header > SMOLGRAD_CSV_HEADER_ABSENT) {
      throw Error(ErrorCode::invalid_argument, "no such kind of header");
    }
    CsvOptions options;
    options.header = static_cast<CsvHeader>(header);
    return read_csv(path, options);
  });
}

smolgrad_table* smolgrad_table_read_idx(smolgrad_tape* tape, const char* path) {
  return read_table(tape, path, [&] {
    IdxArray<double> array = read_idx<double>(path);
    return Table{{}, array.rows(), array.columns(), std::move(array.values)};
  });
}

void smolgrad_table_destroy(smolgrad_table* table) { delete table; }

size_t smolgrad_table_row_count(const smolgrad_table* table) { return table == nullptr ? 0 : table->table.rows; }

size_t smolgrad_table_column_count(const smolgrad_table* table) { return table == nullptr ? 0 : table->table.columns; }

const double* smolgrad_table_values(const smolgrad_table* table) {
  return table == nullptr ? nullptr : table->table.values.data();
}

const char* smolgrad_table_column_name(const smolgrad_table* table, size_t column) {
  if (table == nullptr || column >= table->table.columns) return nullptr;
  return table->table.names.empty() ? "" : table->table.names[column].c_str();
}
