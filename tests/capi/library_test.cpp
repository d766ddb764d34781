// What the library says of itself, and its constants.
#include <cctype>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <smolgrad.h>
#include <smolgrad/smolgrad.hpp>

namespace smolgrad::test {
namespace {

TEST(CLibrary, Version) {
  EXPECT_EQ(smolgrad_version(),
            SMOLGRAD_VERSION_MAJOR * 1000000u + SMOLGRAD_VERSION_MINOR * 1000u + SMOLGRAD_VERSION_PATCH);
  EXPECT_EQ(smolgrad_version_string(), std::to_string(SMOLGRAD_VERSION_MAJOR) + "." +
                                           std::to_string(SMOLGRAD_VERSION_MINOR) + "." +
                                           std::to_string(SMOLGRAD_VERSION_PATCH));
  // As in the CMake package and the pkg-config file, which tests/consumers look at.
  EXPECT_STREQ(smolgrad_version_string(), SMOLGRAD_PROJECT_VERSION);
}

/// What stands in quotes in the header's comment on smolgrad_has_feature.
std::vector<std::string> documented_features() {
  std::ifstream file(SMOLGRAD_HEADER);
  std::stringstream content;
  content << file.rdbuf();
  const std::string text = content.str();
  const std::size_t end = text.find("smolgrad_has_feature(");
  const std::string comment = text.substr(0, end).substr(text.rfind("/**", end));
  std::vector<std::string> features;
  for (std::size_t open = comment.find('"'); open != std::string::npos; open = comment.find('"', open)) {
    const std::size_t close = comment.find('"', open + 1);
    features.push_back(comment.substr(open + 1, close - open - 1));
    open = close + 1;
  }
  return features;
}

TEST(CLibrary, Features) {
  const std::vector<std::string> features = documented_features();
  EXPECT_THAT(features, ::testing::IsSupersetOf({"value", "function", "float32", "mlp", "training", "checkpoint"}));
  for (std::string name : features) {
    SCOPED_TRACE(name);
    EXPECT_EQ(smolgrad_has_feature(name.c_str()), 1);
    EXPECT_EQ(smolgrad_has_feature((name + " ").c_str()), 0);
    EXPECT_EQ(smolgrad_has_feature(name.substr(1).c_str()), 0);
    name[0] = static_cast<char>(std::toupper(name[0]));
    EXPECT_EQ(smolgrad_has_feature(name.c_str()), 0);
  }
  EXPECT_EQ(smolgrad_has_feature("magic"), 0);
  EXPECT_EQ(smolgrad_has_feature(""), 0);
  EXPECT_EQ(smolgrad_has_feature(nullptr), 0);
}

// The C library casts between its constants, whose numbers tests/abi/constants.txt pins, and these enumerations.
template <class Enumeration>
constexpr bool same(Enumeration value, int constant) {
  return static_cast<int>(value) == constant;
}
static_assert(same(ErrorCode::invalid_argument, SMOLGRAD_ERROR_INVALID_ARGUMENT) &&
              same(ErrorCode::out_of_memory, SMOLGRAD_ERROR_OUT_OF_MEMORY) &&
              same(ErrorCode::wrong_tape, SMOLGRAD_ERROR_WRONG_TAPE) && same(ErrorCode::stale, SMOLGRAD_ERROR_STALE) &&
              same(ErrorCode::io, SMOLGRAD_ERROR_IO) && same(ErrorCode::format, SMOLGRAD_ERROR_FORMAT) &&
              same(ErrorCode::cancelled, SMOLGRAD_ERROR_CANCELLED) &&
              same(ErrorCode::unsupported, SMOLGRAD_ERROR_UNSUPPORTED) &&
              same(ErrorCode::internal, SMOLGRAD_ERROR_INTERNAL));
static_assert(same(Activation::linear, SMOLGRAD_ACTIVATION_LINEAR) &&
              same(Activation::relu, SMOLGRAD_ACTIVATION_RELU) &&
              same(Activation::leaky_relu, SMOLGRAD_ACTIVATION_LEAKY_RELU) &&
              same(Activation::elu, SMOLGRAD_ACTIVATION_ELU) && same(Activation::tanh, SMOLGRAD_ACTIVATION_TANH) &&
              same(Activation::sigmoid, SMOLGRAD_ACTIVATION_SIGMOID) &&
              same(Activation::softplus, SMOLGRAD_ACTIVATION_SOFTPLUS) &&
              same(Activation::silu, SMOLGRAD_ACTIVATION_SILU) && same(Activation::gelu, SMOLGRAD_ACTIVATION_GELU));
static_assert(same(Initialization::uniform, SMOLGRAD_INIT_UNIFORM) &&
              same(Initialization::xavier, SMOLGRAD_INIT_XAVIER) && same(Initialization::he, SMOLGRAD_INIT_HE));
static_assert(same(Recording::dot, SMOLGRAD_RECORDING_DOT) && same(Recording::single, SMOLGRAD_RECORDING_SINGLE));
static_assert(same(Dtype::float64, SMOLGRAD_DTYPE_FLOAT64) && same(Dtype::float32, SMOLGRAD_DTYPE_FLOAT32));
static_assert(same(Head::none, SMOLGRAD_HEAD_NONE) && same(Head::sigmoid, SMOLGRAD_HEAD_SIGMOID) &&
              same(Head::softmax, SMOLGRAD_HEAD_SOFTMAX));
static_assert(same(Loss::mse, SMOLGRAD_LOSS_MSE) && same(Loss::mae, SMOLGRAD_LOSS_MAE) &&
              same(Loss::huber, SMOLGRAD_LOSS_HUBER) && same(Loss::hinge, SMOLGRAD_LOSS_HINGE) &&
              same(Loss::binary_cross_entropy, SMOLGRAD_LOSS_BINARY_CROSS_ENTROPY) &&
              same(Loss::cross_entropy, SMOLGRAD_LOSS_CROSS_ENTROPY));
static_assert(same(FitOutcome::finished, SMOLGRAD_OUTCOME_FINISHED) &&
              same(FitOutcome::stopped_early, SMOLGRAD_OUTCOME_STOPPED_EARLY) &&
              same(FitOutcome::cancelled, SMOLGRAD_OUTCOME_CANCELLED) &&
              same(FitOutcome::diverged, SMOLGRAD_OUTCOME_DIVERGED));
static_assert(same(CsvHeader::automatic, SMOLGRAD_CSV_HEADER_AUTOMATIC) &&
              same(CsvHeader::present, SMOLGRAD_CSV_HEADER_PRESENT) &&
              same(CsvHeader::absent, SMOLGRAD_CSV_HEADER_ABSENT));

}  // namespace
}  // namespace smolgrad::test
