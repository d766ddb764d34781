// Tables of numbers from files, through the C interface.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "io/temporary_directory.hpp"
#include "training_fixture.hpp"

namespace smolgrad::test {
namespace {

class CTable : public TapeFixture {
 protected:
  ~CTable() override { smolgrad_table_destroy(table_); }

  smolgrad_table* read_csv(const std::string& text, int32_t header = SMOLGRAD_CSV_HEADER_AUTOMATIC) {
    put(path_, text);
    smolgrad_table_destroy(table_);
    table_ = smolgrad_table_read_csv(tape_, path_.c_str(), header);
    return table_;
  }
  smolgrad_table* read_idx(const std::string& bytes) {
    put(path_, bytes);
    smolgrad_table_destroy(table_);
    table_ = smolgrad_table_read_idx(tape_, path_.c_str());
    return table_;
  }
  std::vector<double> values() const {
    const double* const first = smolgrad_table_values(table_);
    return {first, first + smolgrad_table_row_count(table_) * smolgrad_table_column_count(table_)};
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_.file("table");
  smolgrad_table* table_ = nullptr;
};

TEST_F(CTable, Csv) {
  ASSERT_NE(read_csv("x,\"y, z\"\n1,-2.5\n3e2,0.125\n5,6\n"), nullptr);
  EXPECT_EQ(smolgrad_table_row_count(table_), 3u);
  EXPECT_EQ(smolgrad_table_column_count(table_), 2u);
  EXPECT_EQ(values(), (std::vector<double>{1, -2.5, 300, 0.125, 5, 6}));
  EXPECT_STREQ(smolgrad_table_column_name(table_, 0), "x");
  EXPECT_STREQ(smolgrad_table_column_name(table_, 1), "y, z");
  EXPECT_EQ(smolgrad_table_column_name(table_, 2), nullptr);
  EXPECT_EQ(smolgrad_table_column_name(table_, SIZE_MAX), nullptr);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(CTable, HeadersAsAsked) {
  const std::string text = "1,2\n3,4\n";
  ASSERT_NE(read_csv(text), nullptr);
  EXPECT_EQ(smolgrad_table_row_count(table_), 2u);
  EXPECT_STREQ(smolgrad_table_column_name(table_, 1), "");
  EXPECT_EQ(smolgrad_table_column_name(table_, 2), nullptr);
  ASSERT_NE(read_csv(text, SMOLGRAD_CSV_HEADER_ABSENT), nullptr);
  EXPECT_EQ(smolgrad_table_row_count(table_), 2u);
  ASSERT_NE(read_csv(text, SMOLGRAD_CSV_HEADER_PRESENT), nullptr);
  EXPECT_EQ(smolgrad_table_row_count(table_), 1u);
  EXPECT_STREQ(smolgrad_table_column_name(table_, 1), "2");
  for (const int32_t header : {-1, SMOLGRAD_CSV_HEADER_ABSENT + 1, INT32_MIN, INT32_MAX}) {
    EXPECT_EQ(read_csv(text, header), nullptr);
    EXPECT_EQ(take_error(), invalid_argument);
  }
}

TEST_F(CTable, WithoutContent) {
  ASSERT_NE(read_csv(""), nullptr);
  EXPECT_EQ(smolgrad_table_row_count(table_), 0u);
  EXPECT_EQ(smolgrad_table_column_count(table_), 0u);
  EXPECT_EQ(smolgrad_table_column_name(table_, 0), nullptr);
}

// Two images of 2 x 3 bytes, and three labels.
TEST_F(CTable, Idx) {
  ASSERT_NE(read_idx(std::string("\0\0\x8\3\0\0\0\2\0\0\0\2\0\0\0\3", 16) + "\1\2\3\4\5\6\7\x8\x9\xa\xb\xff"), nullptr);
  EXPECT_EQ(smolgrad_table_row_count(table_), 2u);
  EXPECT_EQ(smolgrad_table_column_count(table_), 6u);
  EXPECT_EQ(values(), (std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255}));
  EXPECT_STREQ(smolgrad_table_column_name(table_, 5), "");
  ASSERT_NE(read_idx(std::string("\0\0\x8\1\0\0\0\3\7\0\x9", 11)), nullptr);
  EXPECT_EQ(smolgrad_table_row_count(table_), 3u);
  EXPECT_EQ(smolgrad_table_column_count(table_), 1u);
  EXPECT_EQ(values(), (std::vector<double>{7, 0, 9}));
}

TEST_F(CTable, OutlivesItsTape) {
  OtherTape* const other = new OtherTape;
  put(path_, "1,2\n");
  table_ = smolgrad_table_read_csv(other->tape, path_.c_str(), SMOLGRAD_CSV_HEADER_ABSENT);
  delete other;
  EXPECT_EQ(values(), (std::vector<double>{1, 2}));
}

TEST_F(CTable, FilesThatAreRefused) {
  const std::string missing = directory_.file("missing");
  EXPECT_EQ(smolgrad_table_read_csv(tape_, missing.c_str(), 0), nullptr);
  EXPECT_NE(std::string(smolgrad_tape_error_message(tape_)).find(missing), std::string::npos);
  EXPECT_EQ(take_error(), io_error);
  EXPECT_EQ(smolgrad_table_read_idx(tape_, missing.c_str()), nullptr);
  EXPECT_EQ(take_error(), io_error);
  EXPECT_EQ(read_csv("1,2\n3,x\n"), nullptr);
  EXPECT_NE(std::string(smolgrad_tape_error_message(tape_)).find(path_), std::string::npos);
  EXPECT_EQ(take_error(), format_error);
  EXPECT_EQ(read_csv("1,2\n3\n"), nullptr);
  EXPECT_EQ(take_error(), format_error);
  EXPECT_EQ(read_idx(std::string("\0\0\x8\1\0\0\0\3\7", 9)), nullptr);
  EXPECT_EQ(take_error(), format_error);
}

}  // namespace
}  // namespace smolgrad::test
