#include "result_sink.h"

ResultSink::ResultSink(const Plan& plan, uint64_t seed, uint32_t frames)
    : plan_(plan), frames_(frames), stalls_(seed, 3, plan.stalls, plan.longestPause) {}

void ResultSink::drive(Inputs& inputs) { inputs.resultReady = !stalls_.next(standing_); }

std::string ResultSink::where() const {
    return " at beat " + std::to_string(beat_) + " of frame " + std::to_string(frame_);
}

bool ResultSink::observe(const Inputs& inputs, const Outputs& outputs, uint64_t cycle,
                         Results& results) {
    if (standing_) {
        if (!outputs.resultValid) results.error("m_axis_tvalid was withdrawn" + where());
        else if (outputs.resultData != standingData_) {
            results.error("m_axis_tdata changed while it waited" + where());
        } else if (outputs.resultLast != standingLast_) {
            results.error("m_axis_tlast changed while it waited" + where());
        }
    }
    standing_ = outputs.resultValid && !inputs.resultReady;
    standingData_ = outputs.resultData;
    standingLast_ = outputs.resultLast;
    if (!outputs.resultValid || standing_) return false;

    if (done()) {
        results.error("m_axis gave a result after the last frame");
        return false;
    }
    const bool last = beat_ + 1 == plan_.classes;
    if (outputs.resultLast != last) {
        results.error(std::string("m_axis_tlast is ") + (last ? "low" : "high") + where() +
                      ", which has " + std::to_string(plan_.classes) + " beats");
    }
    const size_t image = frame_ % plan_.images;
    const size_t first = (image + 1) * plan_.valuesPerImage - plan_.classes;
    const int32_t got = static_cast<int32_t>(outputs.resultData);
    results.compare(plan_.operations.size(), beat_, frame_, cycle, plan_.expected[first + beat_],
                    got);
    results.frames[frame_].results.push_back(got);
    if (last) {
        results.frames[frame_].lastResult = cycle;
        beat_ = 0;
        ++frame_;
        stalls_.newFrame();
    } else {
        ++beat_;
    }
    return true;
}
