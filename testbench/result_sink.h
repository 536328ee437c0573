// The host's side of m_axis: takes results, compares them, and checks the protocol.
#pragma once

#include "dut.h"
#include "plan.h"
#include "results.h"
#include "stalls.h"

class ResultSink {
public:
    ResultSink(const Plan& plan, uint64_t seed, uint32_t frames);

    void drive(Inputs& inputs);
    /// After the design has answered; true when a result was taken.
    bool observe(const Inputs& inputs, const Outputs& outputs, uint64_t cycle, Results& results);

    uint32_t frame() const { return frame_; }
    uint32_t beat() const { return beat_; }
    bool done() const { return frame_ == frames_; }

private:
    const Plan& plan_;
    uint32_t frames_;
    Stalls stalls_;
    uint32_t frame_ = 0, beat_ = 0;
    /// A result that was offered and not taken must be offered again, unchanged.
    bool standing_ = false, standingLast_ = false;
    uint32_t standingData_ = 0;

    std::string where() const;
};
