// CSV: numbers against what the C library reads, and the place of everything that is wrong.
#include <cfloat>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <smolgrad/data.hpp>

#include "error_of.hpp"
#include "temporary_directory.hpp"

namespace smolgrad {
namespace {

using test::error_of;
using test::message_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CsvOptions with(CsvHeader header, char separator = ',') { return {header, separator}; }

TEST(Csv, RowsAndColumns) {
  const Table table = parse_csv("1,2,3\n4,5,6\n");
  EXPECT_THAT(table.names, IsEmpty());
  EXPECT_EQ(table.rows, 2u);
  EXPECT_EQ(table.columns, 3u);
  EXPECT_THAT(table.values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Csv, Header) {
  const Table table = parse_csv("x, y ,x\n1,2,3\n");
  EXPECT_THAT(table.names, ElementsAre("x", "y", "x"));
  EXPECT_EQ(table.column("x"), 0u);
  EXPECT_EQ(table.column("y"), 1u);
  EXPECT_EQ(error_of([&] { table.column("z"); }), ErrorCode::invalid_argument);
  EXPECT_THAT(parse_csv("x,2020\n1,2\n").names, ElementsAre("x", "2020")) << "one name is enough";
  EXPECT_THAT(parse_csv(",a\n1,2\n").names, ElementsAre("", "a"));
  EXPECT_THAT(parse_csv("2019,2020\n1,2\n", with(CsvHeader::present)).names, ElementsAre("2019", "2020"));
  EXPECT_THAT(message_of([] { parse_csv("x,2020\n1,2\n", with(CsvHeader::absent)); }),
              HasSubstr("line 1, column 1: \"x\""));
  const Table only = parse_csv("a,b\n");
  EXPECT_EQ(only.rows, 0u);
  EXPECT_EQ(only.columns, 2u);
  for (const char* nothing : {"", "\n", " \r\n\n", "\xef\xbb\xbf"}) {
    const Table empty = parse_csv(nothing, with(CsvHeader::present));
    EXPECT_EQ(empty.rows + empty.columns + empty.names.size() + empty.values.size(), 0u);
  }
}

TEST(Csv, LineEnds) {
  for (const char* text : {"1,2\n3,4\n", "1,2\r\n3,4\r\n", "1,2\n3,4", "1,2\r\n3,4\r", "1,2\n3,4\n\n \n\r\n\t",
                           "\xef\xbb\xbf"
                           "1,2\n3,4\n",
                           " 1 ,\t2\n3 , 4 \n"}) {
    EXPECT_THAT(parse_csv(text).values, ElementsAre(1, 2, 3, 4)) << text;
  }
  EXPECT_THAT(parse_csv("\xef\xbb\xbfname\n1").names, ElementsAre("name"));
}

TEST(Csv, Quotes) {
  const Table table = parse_csv("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\", \"\" \r\n\"1\", \"-2.5\" ,3,\"+4\"\n");
  EXPECT_THAT(table.names, ElementsAre("a,b", "say \"hi\"", "two\nlines", ""));
  EXPECT_THAT(table.values, ElementsAre(1, -2.5, 3, 4));
  EXPECT_EQ(message_of([] { parse_csv("\"two\r\nlines\",b\n1,2\n3,x\n"); }),
            "CSV, line 4, column 2: \"x\" is no number");
  EXPECT_EQ(message_of([] { parse_csv("a,b\n1,\"2\n3,4\n"); }), "CSV, line 2, column 2: a quote that is not closed");
  EXPECT_EQ(message_of([] { parse_csv("a,\"b\"c\n"); }), "CSV, line 1, column 2: something follows the closing quote");
  EXPECT_EQ(message_of([] { parse_csv("1,2\n\"3\n4\",5\n"); }), "CSV, line 2, column 1: \"3?4\" is no number");
}

TEST(Csv, Separators) {
  EXPECT_THAT(parse_csv("1;2\n", with(CsvHeader::automatic, ';')).values, ElementsAre(1, 2));
  EXPECT_THAT(parse_csv("1\t 2\n", with(CsvHeader::automatic, '\t')).values, ElementsAre(1, 2));
  EXPECT_THAT(parse_csv("1 2\t\n", with(CsvHeader::automatic, ' ')).values, ElementsAre(1, 2));
  EXPECT_THAT(message_of([] { parse_csv("1\t\t2\n", with(CsvHeader::absent, '\t')); }),
              HasSubstr("column 2: an empty"));
  for (const char c : {'"', '\n', '\r', '.', '-', '+', '0', 'e', 'N'})
    EXPECT_EQ(error_of([&] { parse_csv("1", with(CsvHeader::absent, c)); }), ErrorCode::invalid_argument) << c;
}

TEST(Csv, NumbersAreWhatTheCLibraryReads) {
  std::mt19937_64 random(1);
  std::string text;
  std::vector<double> expected;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double number;
    static_assert(sizeof number == sizeof bits);
    std::memcpy(&number, &bits, sizeof number);
    if (!std::isfinite(number)) continue;
    char cell[400];
    const char* const formats[] = {"%.17g", "%.6g", "%.25e"};
    std::snprintf(cell, sizeof cell, formats[i % 3], number);
    expected.push_back(std::strtod(cell, nullptr));
    text += cell;
    text += '\n';
  }
  const Table table = parse_csv(text);
  ASSERT_EQ(table.rows, expected.size());
  for (std::size_t i = 0; i < table.rows; ++i) EXPECT_EQ(table.values[i], expected[i]);
}

TEST(Csv, NumbersAsPeopleWriteThem) {
  const Table table = parse_csv("+1,.5,1.,1E3,+.5e-3,-0,4.9e-324,1.7976931348623157e308\n");
  EXPECT_THAT(table.values, ElementsAre(1, 0.5, 1, 1000, 0.0005, -0.0, DBL_TRUE_MIN, DBL_MAX));
  EXPECT_TRUE(std::signbit(table.values[5]));
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(parse_csv("inf,INF,+Infinity,-inf\n").values, ElementsAre(infinity, infinity, infinity, -infinity));
  for (const double number : parse_csv("nan,NaN,NAN,-nan\n").values) EXPECT_TRUE(std::isnan(number));
}

TEST(Csv, BadCells) {
  for (const char* cell :
       {"abc", "0x10", "1e", "1e+", "+-1", "++1", "--1", "- 1", "1 2", "1,5x", "infin", "nanx", "1.2.3", "1'000",
        "\xc2\xa0"
        "1",
        ".", "e5", "-", "+"}) {
    const std::string text = std::string("a,b\n1,2\n3,") + cell + "\n";
    EXPECT_EQ(error_of([&] { parse_csv(text); }), ErrorCode::format) << cell;
  }
  EXPECT_EQ(message_of([] { parse_csv("a,b\n1,2\n3,abc\n", {}, "f.csv"); }),
            "f.csv, line 3, column 2: \"abc\" is no number");
  EXPECT_EQ(message_of([] { parse_csv("1,2\n3,\n"); }),
            "CSV, line 2, column 2: an empty cell; a missing number is spelled nan");
  EXPECT_THAT(message_of([] { parse_csv("1,1e999\n"); }), HasSubstr("column 2: \"1e999\" is beyond the range"));
  EXPECT_THAT(message_of([] { parse_csv("1\n-1e-400\n"); }), HasSubstr("line 2, column 1: \"-1e-400\" is beyond"));
  const std::string binary(1000, '\x01');
  EXPECT_LT(message_of([&] { parse_csv("1\n" + binary); }).size(), 120u);
  EXPECT_EQ(message_of([&] { parse_csv("1\n" + binary); }).find('\x01'), std::string::npos);
  EXPECT_EQ(error_of([] { parse_csv(std::string("1\n\0", 3)); }), ErrorCode::format);
}

TEST(Csv, RaggedRows) {
  EXPECT_EQ(message_of([] { parse_csv("1,2\n3\n4,5\n"); }), "CSV, line 2, column 2: the row ends after 1 of 2 columns");
  EXPECT_EQ(message_of([] { parse_csv("1,2\n3"); }), "CSV, line 2, column 2: the row ends after 1 of 2 columns");
  EXPECT_EQ(message_of([] { parse_csv("a,b\n1,2\n3,4,5\n"); }),
            "CSV, line 3, column 3: the row has more than 2 columns");
  EXPECT_THAT(message_of([] { parse_csv("1,2\n\n3,4\n"); }), HasSubstr("line 2, column 1"));
  EXPECT_THAT(message_of([] { parse_csv("1\n\n3\n"); }), HasSubstr("line 2, column 1: an empty cell"));
}

TEST(Csv, FilesAndTheirErrors) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("data.csv");
  test::put(path, "a\n1\n2\n");
  EXPECT_THAT(read_csv(path).values, ElementsAre(1, 2));
  test::put(path, "a\n1\nx\n");
  EXPECT_EQ(message_of([&] { read_csv(path); }), path + ", line 3, column 1: \"x\" is no number");
  const std::string missing = directory.file("missing.csv");
  EXPECT_EQ(error_of([&] { read_csv(missing); }), ErrorCode::io);
  EXPECT_EQ(message_of([&] { read_csv(missing); }), "cannot read " + missing + ": No such file or directory");
  EXPECT_EQ(error_of([&] { read_csv(directory.file("")); }), ErrorCode::io);
  EXPECT_THAT(message_of([&] { read_csv(directory.file(".")); }), HasSubstr("Is a directory"));
  EXPECT_EQ(read_csv("/dev/null").rows, 0u) << "what has no size is read too";
}

TEST(Csv, LongFilesAreReadWhole) {
  const test::TemporaryDirectory directory;
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i) + ",0.25\n";
  test::put(directory.file("long.csv"), text);
  const Table table = read_csv(directory.file("long.csv"));
  ASSERT_EQ(table.rows, 100000u);
  for (std::size_t i = 0; i < table.rows; ++i) ASSERT_EQ(table.values[2 * i], static_cast<double>(i));
}

/// A wide first row and many lines claim more numbers than there is text for.
TEST(Csv, ClaimsTakeNoMemory) {
  const std::string text = std::string(1 << 20, ',') + "a" + std::string(1 << 20, '\n') + "1";
  EXPECT_EQ(error_of([&] { parse_csv(text); }), ErrorCode::format);
}

}  // namespace
}  // namespace smolgrad
