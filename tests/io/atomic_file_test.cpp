// A file is replaced as a whole or not at all: when writing fails, and when the process is killed at any moment.
#include "io/atomic_file.hpp"

#include <chrono>
#include <csignal>
#include <random>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error_of.hpp"
#include "io/safetensors.hpp"
#include "temporary_directory.hpp"

namespace smolgrad::io {
namespace {

using test::content;
using test::error_of;
using test::message_of;
using test::put;
using testing::HasSubstr;

void save(const std::string& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

TEST(AtomicFile, WritesAndReplaces) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("file");
  save(path, "first");
  EXPECT_EQ(content(path), "first");
  save(path, "");
  EXPECT_EQ(content(path), "");
  save(path, std::string(1 << 20, 'x'));
  EXPECT_EQ(content(path), std::string(1 << 20, 'x'));
  EXPECT_EQ(directory.entries(), 1u);
}

TEST(AtomicFile, WithoutCommitNothingHappens) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("file");
  put(path, "old");
  {
    AtomicFile file(path);
    file.write("new", 3);
    EXPECT_EQ(content(path), "old");
    EXPECT_EQ(directory.entries(), 2u);
  }
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(directory.entries(), 1u);
}

TEST(AtomicFile, SeveralAtOnce) {
  const test::TemporaryDirectory directory;
  AtomicFile a(directory.file("file"));
  AtomicFile b(directory.file("file"));
  a.write("a", 1);
  b.write("b", 1);
  b.commit();
  a.commit();
  EXPECT_EQ(content(directory.file("file")), "a");
  EXPECT_EQ(directory.entries(), 1u);
}

TEST(AtomicFile, PermissionsAndLinksStay) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("file");
  put(path, "old");
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  ASSERT_EQ(symlink("file", directory.file("link").c_str()), 0);
  save(directory.file("link"), "new");
  EXPECT_EQ(content(path), "new");
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
  ASSERT_EQ(lstat(directory.file("link").c_str(), &status), 0);
  EXPECT_TRUE(S_ISLNK(status.st_mode));

  const mode_t before = umask(027);
  save(directory.file("fresh"), "");
  umask(before);
  ASSERT_EQ(stat(directory.file("fresh").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u) << "a new file's are the process's";
}

TEST(AtomicFile, InTheCurrentDirectory) {
  const test::TemporaryDirectory directory;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.file(""));
  save("file", "here");
  std::filesystem::current_path(before);
  EXPECT_EQ(content(directory.file("file")), "here");
}

TEST(AtomicFile, WhatCannotBeReplaced) {
  const test::TemporaryDirectory directory;
  EXPECT_EQ(error_of([&] { save(directory.file(""), "x"); }), ErrorCode::io);
  std::filesystem::create_directory(directory.file("sub"));
  EXPECT_EQ(message_of([&] { save(directory.file("sub"), "x"); }),
            "cannot write " + directory.file("sub") + ": Is a directory");
  EXPECT_EQ(message_of([&] { save(directory.file("no/file"), "x"); }),
            "cannot write " + directory.file("no/file") + ": No such file or directory");
  ASSERT_EQ(mkfifo(directory.file("pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { save(directory.file("pipe"), "x"); }), ErrorCode::io);
  EXPECT_EQ(directory.entries(), 2u) << "no temporary file is left";
}

TEST(AtomicFile, UnwritableDirectory) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("file");
  put(path, "old");
  ASSERT_EQ(chmod(directory.file("").c_str(), 0555), 0);
  const bool root = geteuid() == 0;
  const bool dropped = root && seteuid(65534) == 0;
  if (root && !dropped) GTEST_SKIP() << "root may write everywhere";
  const std::string message = message_of([&] { save(path, "new"); });
  ASSERT_TRUE(!dropped || seteuid(0) == 0);
  chmod(directory.file("").c_str(), 0755);
  EXPECT_EQ(message, "cannot write " + path + ": Permission denied");
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(directory.entries(), 1u);
}

/// A limit on the size of files cuts writes short, as a full disk does.
TEST(AtomicFile, ADiskThatFillsUp) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("file");
  put(path, "old");
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = before;
  const std::vector<double> numbers(10000);
  for (const rlim_t bytes : {0, 5, 300, 40000, 80000}) {
    limit.rlim_cur = bytes;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    std::string message;
    ErrorCode code = ErrorCode::internal;
    try {
      write_safetensors(path, {}, {tensor("x", {10000}, numbers.data())});
    } catch (const Error& error) {
      message = error.what();
      code = error.code();
    }
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(code, ErrorCode::io);
    EXPECT_EQ(message, "cannot write " + path + ": File too large");
    EXPECT_EQ(content(path), "old");
    EXPECT_EQ(directory.entries(), 1u);
  }
  std::signal(SIGXFSZ, handler);
}

/// A child saves version after version until it is killed.
TEST(AtomicFile, KilledAtAnyMoment) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("model");
  constexpr std::size_t size = 20000;
  const auto version = [&](double number) {
    const std::vector<double> numbers(size, number);
    write_safetensors(path, {{"version", std::to_string(number)}}, {tensor("x", {size}, numbers.data())});
  };
  version(0.0);
  std::mt19937_64 random(3);
  double last = 0.0;
  for (int run = 0; run < 30; ++run) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (double number = last;; number += 1.0) version(number);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 20000));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it ended by itself";

    const Safetensors file = read_safetensors(path);
    const double* const x = file.numbers<double>("x", {size});
    EXPECT_EQ(file.metadata().at("version"), std::to_string(x[0]));
    for (std::size_t i = 1; i < size; ++i) ASSERT_EQ(x[i], x[0]);
    EXPECT_GE(x[0], last);
    last = x[0];
  }
  EXPECT_GT(last, 1.0) << "versions were written";
}

}  // namespace
}  // namespace smolgrad::io
