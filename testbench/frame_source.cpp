#include "frame_source.h"

FrameSource::FrameSource(const Plan& plan, uint64_t seed, uint32_t frames)
    : plan_(plan),
      frames_(frames),
      stalls_(seed, 1, plan.stalls, plan.longestPause),
      noise_(seed, 2),
      noiseBytes_(plan.inputBytes) {}

void FrameSource::drive(Inputs& inputs) {
    // A beat that was offered stays until it is accepted: TVALID must not be withdrawn.
    if (!offered_ && !done()) offered_ = !stalls_.next(awaited_);
    inputs.inputValid = offered_;
    if (offered_) {
        const size_t image = frame_ % plan_.images;
        const size_t word = image * plan_.inputWords + beat_;
        inputs.inputData = plan_.input.data() + word * plan_.inputBytes;
        inputs.inputLast = beat_ + 1 == plan_.inputWords;
        return;
    }
    // Without TVALID the other signals mean nothing, so they carry noise.
    for (uint8_t& byte : noiseBytes_) byte = static_cast<uint8_t>(noise_.next());
    inputs.inputData = noiseBytes_.data();
    inputs.inputLast = noise_.chance(128);
}

bool FrameSource::observe(const Inputs& inputs, const Outputs& outputs, uint64_t cycle,
                          Results& results) {
    awaited_ = outputs.inputReady;
    if (!inputs.inputValid || !outputs.inputReady) return false;
    offered_ = false;
    if (beat_ == 0) results.frames[frame_].firstInput = cycle;
    if (++beat_ == plan_.inputWords) {
        beat_ = 0;
        ++frame_;
        stalls_.newFrame();
    }
    return true;
}
