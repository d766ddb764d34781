// Numbers in text and files are the same whatever the locale: the program's, the C++ library's, a thread's own.
// LOCPATH says where the locales are; one that is missing is a failure.
#include <clocale>
#include <cstdio>
#include <locale>
#include <map>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <locale.h>
#include <smolgrad.h>
#include <smolgrad/smolgrad.hpp>

#include "error_of.hpp"
#include "io/safetensors.hpp"
#include "io/temporary_directory.hpp"
#include "tape_fixture.hpp"

#ifdef SMOLGRAD_SANITIZED
/// What the C library itself leaks of LOCPATH.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:argz_add_sep\n"; }
#endif

namespace smolgrad::test {
namespace {

using Texts = std::map<std::string, std::string>;

template <class Number>
std::string streamed(const Number& number) {
  std::ostringstream out;
  out << number;
  return out.str();
}

std::string joined(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += std::to_string(static_cast<long long>(value * 1000.0)) + " ";
  return text;
}

std::string file_with_float(const std::string& number) {
  const std::string header = R"({"x":{"dtype":"F32","shape":[)" + number + R"(],"data_offsets":[0,4]}})";
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  return length + header + "0000";
}

void add_values(Texts& texts) {
  Tape tape;
  const Value x = tape.value(1234567.5, "x");
  const Value y = x * 0.001;
  y.backward();
  texts["to_string"] = to_string(x);
  texts["<<"] = streamed(x);
  texts["to_dot"] = to_dot(y);
  const Function function({x}, {}, {y});
  texts["Function::to_text"] = function.to_text();
  texts["Function::to_dot"] = function.to_dot();
}

void add_c_values(Texts& texts) {
  smolgrad_tape* const tape = smolgrad_tape_create();
  smolgrad_value* const x = smolgrad_value_create(tape, 1234567.5);
  smolgrad_value* const y = smolgrad_mul(x, smolgrad_constant(tape, 0.001));
  texts["C: to_string"] = text_of(smolgrad_value_to_string, x);
  texts["C: to_dot"] = text_of(smolgrad_graph_to_dot, y);
  smolgrad_function* const f = smolgrad_function_compile(tape, &x, 1, nullptr, 0, &y, 1, nullptr);
  texts["C: function to_text"] = text_of(smolgrad_function_to_text, f);
  texts["C: function to_dot"] = text_of(smolgrad_function_to_dot, f);
  smolgrad_function_destroy(f);
  smolgrad_tape_destroy(tape);
}

void add_errors(Texts& texts) {
  const double x[] = {1.0, 2.0};
  const double y[] = {0.0, 1234.5};
  Tape tape;
  MLP mlp(tape, 1, {2});
  FitOptions options;
  options.loss = Loss::cross_entropy;
  texts["no class"] = message_of([&] { fit(mlp, x, y, 2, options); });
  texts["no label"] = message_of([&] { one_hot(y, 2, 2000); });
  texts["JSON"] = message_of([] { io::parse_safetensors(file_with_float("1.5"), "f"); });
  texts["large JSON"] = message_of([] { io::parse_safetensors(file_with_float("12345.5e3"), "f"); });
  texts["CSV"] = message_of([] { parse_csv("a,b\n1.5,\"1,5\"\n"); });
  texts["CSV line"] = message_of([] { parse_csv("\"" + std::string(5000, '\n') + "\",b\n1,x\n"); });
}

void add_files(Texts& texts) {
  texts["points"] = joined(parse_csv("1.5,-2.25e1\n\"3.125\",.5\n").values);
  texts["commas"] = joined(parse_csv("1,5\n").values);
  texts["semicolons"] = message_of([] { parse_csv("1,5;2\n", {CsvHeader::absent, ';'}); });

  const TemporaryDirectory directory;
  Tape tape;
  MLP mlp(tape, 1, {3, 1});
  FitOptions options;
  options.epochs = 2;
  const double x[] = {0.25, 0.5, 0.75};
  Trainer trainer(mlp, options);
  trainer.fit(x, x, 3);
  save(trainer, directory.file("training"));
  texts["checkpoint"] = content(directory.file("training"));
  Trainer again(mlp, options);
  load(again, directory.file("training"));
  save(again, directory.file("again"));
  texts["loaded"] = content(directory.file("again"));
}

Texts all_texts() {
  Texts texts;
  add_values(texts);
  add_c_values(texts);
  add_errors(texts);
  add_files(texts);
  return texts;
}

/// What they are, in the locale that every program begins with.
const Texts& expected_texts() {
  static const Texts texts = all_texts();
  return texts;
}

void expect_the_same() {
  for (const auto& [what, text] : all_texts()) EXPECT_EQ(text, expected_texts().at(what)) << what;
}

/// In the C library's eyes, to see that a locale is in force.
std::string half() {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", 0.5);
  return text;
}

struct Commas : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

/// Names of the locale and of its half: commas, and a decimal point of two bytes.
struct Case {
  const char* name;
  const char* half;
};
void PrintTo(const Case& locale, std::ostream* out) { *out << locale.name; }

class Locale : public ::testing::TestWithParam<Case> {
 protected:
  Locale() { expected_texts(); }
  ~Locale() override {
    std::setlocale(LC_ALL, "C");
    std::locale::global(std::locale::classic());
  }
};

TEST_P(Locale, OfTheProgram) {
  ASSERT_NE(std::setlocale(LC_ALL, GetParam().name), nullptr) << "LOCPATH has no such locale";
  ASSERT_EQ(half(), GetParam().half);
  expect_the_same();
}

TEST_P(Locale, OfTheProgramAndTheCxxLibrary) {
  ASSERT_NO_THROW(std::locale::global(std::locale(GetParam().name))) << "LOCPATH has no such locale";
  ASSERT_EQ(half(), GetParam().half);
  expect_the_same();
}

TEST_P(Locale, OfAThread) {
  const locale_t locale = newlocale(LC_ALL_MASK, GetParam().name, nullptr);
  ASSERT_NE(locale, nullptr) << "LOCPATH has no such locale";
  std::thread([&] {
    uselocale(locale);
    EXPECT_EQ(half(), GetParam().half);
    expect_the_same();
    uselocale(LC_GLOBAL_LOCALE);
  }).join();
  freelocale(locale);
}

INSTANTIATE_TEST_SUITE_P(WithCommas, Locale, ::testing::Values(Case{"de_DE.UTF-8", "0,5"}));
INSTANTIATE_TEST_SUITE_P(WithTwoBytes, Locale, ::testing::Values(Case{"ps_AF.UTF-8", "0\u066b5"}));

/// Facets that no locale's name stands for.
TEST_F(Locale, OfTheCxxLibraryAlone) {
  std::locale::global(std::locale(std::locale::classic(), new Commas));
  ASSERT_EQ(streamed(1234567.5), "1,23457e+06");
  ASSERT_EQ(streamed(1234567), "1.234.567");
  expect_the_same();
}

TEST_F(Locale, ExpectedTexts) {
  const Texts& texts = expected_texts();
  EXPECT_EQ(texts.at("to_string"), "Value(data=1234567.5, grad=0.001)");
  EXPECT_EQ(texts.at("<<"), texts.at("to_string"));
  EXPECT_EQ(texts.at("C: to_string"), "Value(data=1234567.5, grad=0)");
  EXPECT_EQ(texts.at("no class"), "y has 1234.5 in row 1 (from 0), which is none of 2 classes");
  EXPECT_EQ(texts.at("no label"), "one_hot: the label of row 1 is 1234.5, and there are 2000 classes");
  EXPECT_EQ(texts.at("JSON"), "f: the tensor \"x\" cannot have the number \"1.5\" for \"shape\"");
  EXPECT_EQ(texts.at("large JSON"), "f: the tensor \"x\" cannot have the number \"12345.5e3\" for \"shape\"");
  EXPECT_EQ(texts.at("CSV"), "CSV, line 2, column 2: \"1,5\" is no number");
  EXPECT_EQ(texts.at("CSV line"), "CSV, line 5002, column 2: \"x\" is no number");
  EXPECT_EQ(texts.at("points"), "1500 -22500 3125 500 ");
  EXPECT_EQ(texts.at("commas"), "1000 5000 ");
  EXPECT_EQ(texts.at("semicolons"), "CSV, line 1, column 1: \"1,5\" is no number");
  for (const char* graph : {"to_dot", "C: to_dot"}) {
    EXPECT_NE(texts.at(graph).find("data 1234567.5 "), std::string::npos) << texts.at(graph);
    EXPECT_NE(texts.at(graph).find("0.001"), std::string::npos) << texts.at(graph);
  }
  for (const char* text : {"Function::to_text", "Function::to_dot", "C: function to_text", "C: function to_dot"})
    EXPECT_NE(texts.at(text).find("0.001"), std::string::npos) << texts.at(text);
  EXPECT_NE(texts.at("checkpoint").find("\"training.best_loss\":\"0."), std::string::npos) << texts.at("checkpoint");
  EXPECT_EQ(texts.at("loaded"), texts.at("checkpoint"));
}

}  // namespace
}  // namespace smolgrad::test
