// Data for training: reading it from files, and preparing it. Everything is in plain row-major arrays, a row a sample.
//
//   Table table = read_csv("digits.csv");                             // 64 pixels and a digit in each row
//   std::vector<double> x = take_columns(table.values.data(), table.rows, table.columns, pixels);
//   Split rows = split(table.rows, 0.8, seed);
//   std::vector<double> training = take_rows(x.data(), 64, rows.training);
//   std::vector<double> test = take_rows(x.data(), 64, rows.rest);
//   Standardization scale = standardize(training.data(), rows.training.size(), 64);
//   scale.apply(test.data(), rows.rest.size());
//
// Functions that are templates exist for float and double.
//
// Errors are exceptions of type smolgrad::Error: io for a file that cannot be read, with the system's reason; format
// for content that is not what it should be, with the place; out_of_memory; invalid_argument for everything else that
// is wrong, an array that is null in spite of rows and columns included. Whatever throws has changed nothing. Nothing
// depends on the locale. Functions on different arrays may run at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "error.hpp"
#include "export.hpp"

namespace smolgrad {

/// Numbers in rows and columns.
struct SMOLGRAD_API Table {
  std::vector<std::string> names;  ///< of the columns; empty without a header
  std::size_t rows = 0;            ///< without the header
  std::size_t columns = 0;         ///< in each of them
  std::vector<double> values;      ///< rows x columns

  /// The index of the first column of that name; invalid_argument if there is none.
  std::size_t column(std::string_view name) const;
};

/// Whether the first row names the columns. Automatic: it does if one of its cells is no number.
enum class CsvHeader : std::int32_t { automatic, present, absent };

/// How a CSV file is written.
struct CsvOptions {
  CsvHeader header = CsvHeader::automatic;  ///< whether the first row is one
  /// Between cells. Not a letter, a digit, a quote, a line end, nor one of + - . (invalid_argument).
  char separator = ',';
};

/// Reads CSV as of RFC 4180: cells may be quoted, and contain separators, doubled quotes and line ends then. Lines end
/// in LF or CRLF, the last one may end without; blank lines at the end and a byte order mark do not count. Numbers are
/// decimal, with an exponent or not, or inf, infinity or nan in any case, with a sign or not and blanks around or not.
/// An error of format names file, line and column, counted from 1: a cell that is no number, an empty one included (a
/// missing number is spelled nan), a number that is beyond a double's range, neither as large nor as small as one can
/// be; a row that is longer or shorter than the first; a quote that is not closed. No content is 0 rows of 0 columns.
SMOLGRAD_API Table read_csv(const std::string& path, const CsvOptions& options = {});

/// The same from memory. `name` stands for the file's in messages.
SMOLGRAD_API Table parse_csv(std::string_view text, const CsvOptions& options = {}, const std::string& name = "CSV");

/// What an IDX file holds, such as those of MNIST: an array of one or more dimensions, the last one contiguous.
template <class T>
struct IdxArray {
  std::vector<std::size_t> shape;  ///< the length of each dimension
  std::vector<T> values;           ///< as many as the product of the shape

  std::size_t rows() const noexcept { return shape[0]; }  ///< the first dimension: how many images
  /// All dimensions but the first together: the pixels of an image; 1 if there are no others.
  std::size_t columns() const noexcept {
    std::size_t product = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) product *= shape[i];
    return product;
  }
};

/// Reads an IDX file of any of its six types (8-bit unsigned and signed, 16 and 32-bit integers, 32 and 64-bit floats;
/// big-endian). Numbers that T does not hold are rounded to the nearest that it does, too large ones to infinity. The
/// file must be unpacked, and exactly as long as its header says: this is looked at before memory is taken for it.
template <class T>
SMOLGRAD_API IdxArray<T> read_idx(const std::string& path);

/// The same from memory. `name` stands for the file's in messages.
template <class T>
SMOLGRAD_API IdxArray<T> parse_idx(const void* data, std::size_t size, const std::string& name = "IDX");

/// What was done to each column: from x to (x - mean) / deviation, or to 0 where the deviation is 0.
struct SMOLGRAD_API Standardization {
  std::vector<double> means;       ///< of each column
  std::vector<double> deviations;  ///< of each column, standard deviations

  /// Does the same to other rows of as many columns, in place.
  template <class T>
  void apply(T* values, std::size_t rows) const;
};

/// Gives each column, in place, mean 0 and standard deviation 1 (of the rows themselves, so divided by their number).
/// A column of one number over and over becomes 0, with that mean and deviation 0. One that has a NaN or infinity, or
/// whose squares do not fit into a double, becomes NaN or 0. No rows is invalid_argument.
template <class T>
SMOLGRAD_API Standardization standardize(T* values, std::size_t rows, std::size_t columns);

/// rows x classes: 1 in each row at its label, else 0. Labels are 0, 1, ..., classes - 1; one that is not is
/// invalid_argument, and the message names its row, counted from 0.
template <class T>
SMOLGRAD_API std::vector<T> one_hot(const T* labels, std::size_t rows, std::size_t classes);

/// Each row's index in one of two lists, in random order.
struct Split {
  std::vector<std::size_t> training;  ///< as many as the fraction says
  std::vector<std::size_t> rest;      ///< all others
};

/// Draws rows for training, rows times `fraction` of them, rounded. The same seed gives the same lists on every
/// platform. A fraction beyond 0 .. 1 is invalid_argument.
SMOLGRAD_API Split split(std::size_t rows, double fraction, std::uint64_t seed);

/// The rows of these indices, in this order, of values with so many columns. Indices are not checked.
template <class T>
SMOLGRAD_API std::vector<T> take_rows(const T* values, std::size_t columns, const std::vector<std::size_t>& indices);

/// The columns of these indices, in this order: rows x indices.size(). An index that is not below `columns` is
/// invalid_argument.
template <class T>
SMOLGRAD_API std::vector<T> take_columns(const T* values, std::size_t rows, std::size_t columns,
                                         const std::vector<std::size_t>& indices);

}  // namespace smolgrad
