// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ranks random|sorted SEED [ROUNDS]: a binary search, a partition and a heap.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t Keys = 4000;
constexpr std::size_t Queries = 20000;
constexpr long DefaultRounds = 120;

using Key = std::uint32_t;

std::uint64_t state;

std::uint32_t nextRandom() {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<std::uint32_t>(state >> 33);
}

std::size_t rankOf(const std::vector<Key> &sorted, Key wanted) {
  std::size_t low = 0, high = sorted.size();
  while (low < high) {
    std::size_t middle = low + (high - low) / 2;
    if (sorted[middle] < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// Elements below the pivot to the front; returns how many.
std::size_t partition(std::vector<Key> &keys, Key pivot) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i] < pivot) {
      std::swap(keys[i], keys[kept]);
      ++kept;
    }
  return kept;
}

void siftDown(std::vector<Key> &heap, std::size_t at, std::size_t size) {
  Key moved = heap[at];
  while (2 * at + 1 < size) {
    std::size_t child = 2 * at + 1;
    if (child + 1 < size && heap[child + 1] > heap[child])
      ++child;
    if (heap[child] <= moved)
      break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

void heapSort(std::vector<Key> &keys) {
  for (std::size_t i = keys.size() / 2; i-- > 0;)
    siftDown(keys, i, keys.size());
  for (std::size_t size = keys.size(); size > 1; --size) {
    std::swap(keys[0], keys[size - 1]);
    siftDown(keys, 0, size - 1);
  }
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 3 ||
      (std::strcmp(argv[1], "random") && std::strcmp(argv[1], "sorted"))) {
    std::fprintf(stderr, "usage: %s random|sorted SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  bool sorted = !std::strcmp(argv[1], "sorted");
  state = std::strtoull(argv[2], nullptr, 10);
  long rounds = argc > 3 ? std::atol(argv[3]) : DefaultRounds;

  std::uint64_t digest = 1;
  std::vector<Key> keys(Keys), table;
  for (long round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < Keys; ++i)
      keys[i] = sorted ? static_cast<Key>(i * 500) : nextRandom() % 2000000;
    table = keys;
    digest = digest * 31 + partition(keys, 1000000);
    heapSort(table);
    for (std::size_t i = 0; i < Queries; ++i) {
      Key wanted = sorted ? static_cast<Key>(i * 100) : nextRandom() % 2000000;
      digest = digest * 31 + rankOf(table, wanted);
    }
    digest ^= keys[round % Keys];
  }
  std::printf("digest %016llx\n", static_cast<unsigned long long>(digest));
  return 0;
}
