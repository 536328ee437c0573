// The host's side of s_axis: frames of input beats.
#pragma once

#include <vector>

#include "dut.h"
#include "plan.h"
#include "results.h"
#include "stalls.h"

class FrameSource {
public:
    FrameSource(const Plan& plan, uint64_t seed, uint32_t frames);

    void drive(Inputs& inputs);
    /// After the design has answered; true when a beat was accepted.
    bool observe(const Inputs& inputs, const Outputs& outputs, uint64_t cycle, Results& results);

    /// The frame and the beat that come next.
    uint32_t frame() const { return frame_; }
    uint32_t beat() const { return beat_; }
    bool done() const { return frame_ == frames_; }

private:
    const Plan& plan_;
    uint32_t frames_;
    Stalls stalls_;
    Random noise_;
    std::vector<uint8_t> noiseBytes_;
    uint32_t frame_ = 0, beat_ = 0;
    bool offered_ = false;
    /// The design was ready in the cycle before.
    bool awaited_ = false;
};
