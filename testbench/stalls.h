// When one side of a handshake holds back.
#pragma once

#include "random.h"

/// Bursts of stalls and of flow, each of geometric length, with other means in every frame: from a
/// side that never waits to one that nearly always does. Every other frame also begins with a
/// pause, of any order of magnitude up to `longest` cycles, so that the design fills up behind the
/// stalled result or runs dry for want of input.
class Stalls {
public:
    Stalls(uint64_t seed, uint64_t stream, bool enabled, uint32_t longest)
        : random_(seed, stream), enabled_(enabled), longest_(longest) {
        newFrame();
    }

    void newFrame() {
        static const unsigned begins[] = {0, 32, 96, 224};  // of 256 cycles of flow
        static const unsigned ends[] = {192, 64, 16};      // of 256 cycles of stall
        begin_ = begins[random_.below(4)];
        end_ = ends[random_.below(3)];
        if (random_.chance(128)) pause_ = random_.below((longest_ >> random_.below(16)) + 1);
    }

    /// Once a cycle: whether this side holds back in it. A pause lasts so many cycles in which the
    /// other side waits for it; others would not be noticed.
    bool next(bool awaited) {
        if (!enabled_) return false;
        if (pause_ > 0) {
            if (awaited) --pause_;
            return true;
        }
        stalled_ = stalled_ ? !random_.chance(end_) : random_.chance(begin_);
        return stalled_;
    }

private:
    Random random_;
    bool enabled_;
    uint32_t longest_;
    uint32_t pause_ = 0;
    unsigned begin_ = 0, end_ = 256;
    bool stalled_ = false;
};
