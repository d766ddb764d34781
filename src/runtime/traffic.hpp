// What goes through memory beside the computation: the next block's inputs on their way into the cache, and the last
// block's results on their way out, past it. A little of each moves between one step and the next, so that memory is
// busy while there is something to compute.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels.hpp"

namespace smolgrad::runtime {

template <class Float>
class Traffic {
 public:
  static constexpr std::size_t line = cache_line / sizeof(Float);

  void expect(const Float* from, std::size_t count) { incoming_[incoming_count_++] = {from, nullptr, count}; }
  /// `from` must stay as it is until the traffic is over.
  void send(const Float* from, Float* to, std::size_t count) { outgoing_[outgoing_count_++] = {from, to, count}; }

  bool is_over() const { return incoming_count_ + outgoing_count_ == 0; }

  /// At most this many numbers of each array; whole cache lines, which written in parts would be read first.
  void move(const Kernels<Float>& kernels, std::size_t most) {
    for (std::size_t i = 0; i < incoming_count_; ++i) {
      Way& way = incoming_[i];
      const std::size_t now = std::min(most, way.count);
      kernels.prefetch(way.from, now);
      way.from += now;
      way.count -= now;
    }
    for (std::size_t i = 0; i < outgoing_count_; ++i) {
      Way& way = outgoing_[i];
      const std::size_t into_line = reinterpret_cast<std::uintptr_t>(way.to) / sizeof(Float) % line;
      const std::size_t now = std::min(most - into_line, way.count);
      kernels.stream(way.from, way.to, now);
      way.from += now;
      way.to += now;
      way.count -= now;
    }
  }

  /// All the results; inputs that were not fetched by now are read when they are needed.
  void finish(const Kernels<Float>& kernels) {
    incoming_count_ = 0;
    move(kernels, SIZE_MAX);
    outgoing_count_ = 0;
  }

 private:
  struct Way {
    const Float* from;
    Float* to;
    std::size_t count;
  };
  Way incoming_[2] = {};
  Way outgoing_[2] = {};
  std::size_t incoming_count_ = 0;
  std::size_t outgoing_count_ = 0;
};

}  // namespace smolgrad::runtime
