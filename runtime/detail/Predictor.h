//===- runtime/detail/Predictor.h - A model of a branch predictor
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A small TAGE after Seznec and Michaud ("A case for (partially) TAgged
// GEometric history length branch prediction", JILP 8, 2006): a table of
// two-bit counters, indexed by the branch, and four tables of tagged three-bit
// counters, indexed by the branch and the last 5, 12, 27 and 64 outcomes. The
// longest history that knows the branch predicts. No processor is modelled
// exactly; those of the last ten years guess at least as well, so what this one
// cannot guess is likely to be hard.
//
// Different from the paper: histories are hashed by multiplication instead of
// folded shift registers, useful counters age by halving, and there is no
// counter for choosing the alternate prediction of new entries (they are never
// chosen while weak and not yet useful).
//
// A switch goes through two tables of targets, of the switch alone and of the
// switch with the last 16 bits of history (ITTAGE, reduced to two components).
//
// Freestanding; about 50 KB; zero-initialized memory is a valid empty model.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_RUNTIME_DETAIL_PREDICTOR_H
#define SPECIATE_RUNTIME_DETAIL_PREDICTOR_H

#include <stdint.h>

namespace speciate {
namespace rt {

class Predictor {
public:
  /// True if the guess was right. Learns. \p Site: any number of the branch's
  /// own. \p History: outcomes, the latest in bit 0.
  bool branch(uint32_t Site, bool Taken, uint64_t History) {
    Entry *Longest = nullptr;
    unsigned Provider = 0; // 0: the base table, else 1 + the tagged one.
    Entry *Found[Tables];
    uint16_t Tags[Tables];
    for (unsigned T = 0; T != Tables; ++T) {
      uint64_t Hash = mix(Site, History & mask(T), T);
      Found[T] = &Tagged[T][Hash >> (64 - TaggedBits)];
      Tags[T] = uint16_t((Hash >> 20) & 0xfff) | 0x1000; // Never 0.
      if (Found[T]->Tag == Tags[T]) {
        Longest = Found[T];
        Provider = T + 1;
      }
    }
    int8_t &Own = Base[mix(Site, 0, Tables) >> (64 - BaseBits)];
    bool Alternate = Own >= 0;
    for (unsigned T = Provider ? Provider - 1 : 0; T-- > 0;)
      if (Found[T]->Tag == Tags[T]) {
        Alternate = Found[T]->Counter >= 0;
        break;
      }
    bool Guess = Alternate;
    const bool New = Longest && !Longest->Useful &&
                     (Longest->Counter == 0 || Longest->Counter == -1);
    if (Longest && !New)
      Guess = Longest->Counter >= 0;
    const bool Right = Guess == Taken;
    if (Longest) {
      if ((Longest->Counter >= 0) != Alternate)
        step(Longest->Useful, (Longest->Counter >= 0) == Taken, 0, 3);
      step(Longest->Counter, Taken, -4, 3);
      if (New)
        step(Own, Taken, -2, 1);
    } else {
      step(Own, Taken, -2, 1);
    }
    if (!Right && Provider != Tables)
      allocate(Found, Tags, Provider, Taken);
    return Right;
  }

  /// The same of a switch: \p Target is where it went.
  bool jump(uint32_t Site, uint32_t Target, uint32_t LastTarget,
            uint64_t History) {
    uint64_t Hash = mix(Site, History & 0xffff, 9);
    TargetEntry &E = Targets[Hash >> (64 - TargetBits)];
    uint16_t Tag = uint16_t((Hash >> 20) & 0xfff) | 0x1000;
    bool Known = E.Tag == Tag && E.Confidence > 0;
    bool Right = Target == (Known ? E.Target : LastTarget);
    if (E.Tag == Tag && E.Target == Target) {
      step(E.Confidence, true, 0, 3);
    } else if (E.Confidence > 0) {
      --E.Confidence;
    } else {
      E.Tag = Tag;
      E.Target = Target;
      E.Confidence = 1;
    }
    return Right;
  }

private:
  static constexpr unsigned Tables = 4;
  static constexpr unsigned TaggedBits = 11, BaseBits = 12, TargetBits = 11;
  struct Entry {
    uint16_t Tag;
    int8_t Counter; ///< -4 to 3; taken from 0 on.
    int8_t Useful;  ///< 0 to 3
  };
  struct TargetEntry {
    uint32_t Target;
    uint16_t Tag;
    int8_t Confidence;
  };

  static uint64_t mask(unsigned Table) {
    constexpr uint64_t Masks[Tables] = {(1ull << 5) - 1, (1ull << 12) - 1,
                                        (1ull << 27) - 1, ~0ull};
    return Masks[Table];
  }
  static uint64_t mix(uint32_t Site, uint64_t History, unsigned Table) {
    uint64_t X = History * 0x9e3779b97f4a7c15ull +
                 (uint64_t(Site) * 8 + Table + 1) * 0xc2b2ae3d27d4eb4full;
    X ^= X >> 32;
    X *= 0xd6e8feb86659fd93ull;
    X ^= X >> 29;
    return X * 0x9e3779b97f4a7c15ull;
  }
  static void step(int8_t &Counter, bool Up, int Min, int Max) {
    if (Up ? Counter < Max : Counter > Min)
      Counter += Up ? 1 : -1;
  }
  void allocate(Entry **Found, const uint16_t *Tags, unsigned From,
                bool Taken) {
    // One time in two the next longer history is passed over, so that branches
    // do not chase each other.
    Noise = Noise * 1664525 + 1013904223;
    if ((Noise >> 31) && From + 1 < Tables)
      ++From;
    for (unsigned T = From; T != Tables; ++T)
      if (!Found[T]->Useful) {
        *Found[T] = {Tags[T], int8_t(Taken ? 0 : -1), 0};
        return;
      }
    for (unsigned T = From; T != Tables; ++T)
      --Found[T]->Useful;
    if (++Failures & ((1 << 14) - 1))
      return;
    for (auto &Table : Tagged)
      for (Entry &E : Table)
        E.Useful /= 2;
  }

  int8_t Base[1 << BaseBits];
  Entry Tagged[Tables][1 << TaggedBits];
  TargetEntry Targets[1 << TargetBits];
  uint32_t Noise, Failures;
};

} // namespace rt
} // namespace speciate

#endif
