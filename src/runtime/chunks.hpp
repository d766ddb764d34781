// How a batch is cut into chunks: by the program and the number of rows alone, so that sums over the batch are added up
// in the same order for any number of threads.
#pragma once

#include <algorithm>

#include "team.hpp"
#include "workspace.hpp"

namespace smolgrad::runtime {

/// Operations on a sample's number below which a second thread costs more than it does.
constexpr std::size_t worth_a_thread = 100'000;

/// Operations on a sample; those of products are cheap.
inline std::size_t work_of(const Program& program, const Step& step) {
  switch (step.kind) {
    case Step::Kind::elementwise:
      return step.rows;
    case Step::Kind::product:
      return program.products[step.to].rows * program.products[step.to].columns / 8;
    case Step::Kind::outer_product:
      return program.outers[step.to].left.size() * program.outers[step.to].right.size() / 8;
    case Step::Kind::sum:
      return program.sums[step.to].rows;
  }
  return 0;
}

struct Chunks {
  /// Of blocks with so many samples, which take so much work each. all_alone: no two sums go to one place.
  Chunks(const Program& program, std::size_t batch_rows, std::size_t block, std::size_t work, bool all_alone,
         std::size_t lanes) {
    // Then a chunk's own sums cost more than sharing each step among tasks.
    const bool has_many_sums = program.sum_count * 64 > block * work;
    if (program.sum_count > 0) {
      constexpr std::size_t most = 16;
      constexpr std::size_t least_rows = 32;
      const std::size_t least = std::max({least_rows, worth_a_thread / work, has_many_sums ? block : 0});
      const std::size_t wanted = std::max(std::size_t{1}, std::min(most, batch_rows / least));
      rows = padded(batch_rows / wanted + (batch_rows % wanted == 0 ? 0 : 1), lanes);
    } else {
      constexpr std::size_t blocks = 8;
      rows = blocks * block;
    }
    count = (batch_rows + rows - 1) / rows;
    add_at_once = count <= 1 || (rows <= block && all_alone);
    for_team = batch_rows > few_samples && add_at_once && (count == 1 || has_many_sums);
  }

  /// How many tasks find something to do.
  std::size_t most_tasks() const { return for_team ? Team::most : count; }

  std::size_t rows;
  std::size_t count;
  /// Whether it makes no difference if a chunk is added to the total as a whole or a block at a time.
  bool add_at_once;
  /// Several tasks work on one chunk together, rather than each on its own.
  bool for_team;
};

}  // namespace smolgrad::runtime
