#include "bench.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace {

/// Registers, templates/rtl/vt_registers.v.
enum Address : uint8_t {
    ID = 0x00,
    CONFIG = 0x08,
    CONTROL = 0x0C,
    ERRORS = 0x14,
    FRAMES = 0x18,
    CYCLES = 0x1C,
    WATCHDOG = 0x20,
    WEIGHTS_LO = 0x24,
    WEIGHTS_HI = 0x28
};

/// Longer than any pause of the bench, and with four different bytes.
constexpr uint32_t probe = 0x7E3C5A96;

/// Cycles after the last frame in which nothing more may come out.
constexpr int quietCycles = 256;

constexpr int liteLimit = 100000;

int initialSeed(uint64_t seed) { return static_cast<int>(seed % 0x7FFFFFFE) + 1; }

}  // namespace

Bench::Bench(const Plan& plan)
    : plan_(plan),
      dut_(makeDut(initialSeed(plan.seed))),
      zeros_(plan.inputBytes),
      source_(plan, plan.seed, plan.frames),
      sink_(plan, plan.seed, plan.frames),
      taps_(plan),
      lite_(plan, plan.seed) {
    results_.frames.resize(plan.frames);
    results_.operationFrames.resize(plan.operations.size());
    results_.lastOperation = plan.operations.size();
    if (plan.weights.path.empty()) return;
    AxiMemoryPlan memory;
    memory.busBytes = plan.weights.busBytes;
    memory.base = plan.weights.base;
    memory.latency = plan.weights.latency;
    memory.stalls = plan.memory.given ? plan.memory.stalls : plan.stalls;
    // Weights are awaited at every tile: long pauses would only make the run longer.
    memory.longestPause = 200;
    memory.seed = plan.seed;
    memory.faultBeat = plan.memory.faultBeat;
    memory.faultResponse = static_cast<uint8_t>(plan.memory.faultResponse);
    std::vector<uint8_t> contents = readContents(plan.weights.path);
    if (plan.weights.parameterBytes > 0) parameters_ = parameterMemory(memory, contents);
    memory_ = std::make_unique<AxiMemory>(memory, std::move(contents));
}

/// The same memory behind another port, which reads a part of it. Errors are for the weights.
std::unique_ptr<AxiMemory> Bench::parameterMemory(AxiMemoryPlan memory,
                                                  const std::vector<uint8_t>& contents) const {
    const WeightsPlan& weights = plan_.weights;
    const uint64_t end = weights.parameterOffset + weights.parameterBytes;
    if (end > contents.size()) throw std::runtime_error(weights.path + " is too short");
    memory.name = "m_axi_param";
    memory.busBytes = weights.parameterBusBytes;
    memory.base += weights.parameterOffset;
    memory.seed = ~memory.seed;
    memory.faultBeat = UINT64_MAX;
    const auto first = contents.begin() + static_cast<std::ptrdiff_t>(weights.parameterOffset);
    const auto last = contents.begin() + static_cast<std::ptrdiff_t>(end);
    return std::make_unique<AxiMemory>(memory, std::vector<uint8_t>(first, last));
}

Results Bench::run() {
    reset(16);
    if (plan_.resetAt > 0) {
        brokenFrame();
        reset(plan_.resetCycles);
    }
    lastProgress_ = cycle_;
    cleanFrames();
    if (!results_.hang.happened && !over()) readRegisters();
    if (tracing_) dut_->closeTrace();
    results_.cycles = cycle_;
    return results_;
}

void Bench::reset(uint32_t cycles) {
    inputs_ = {};
    inputs_.inputData = zeros_.data();
    for (uint32_t i = 0; i < cycles; ++i) blindTick();
    // A host sees ARESETN high at a rising edge and raises its first VALID after it.
    inputs_.aresetn = true;
    blindTick();
    if (memory_) enable();
}

void Bench::enable() {
    const uint64_t base = plan_.weights.base + plan_.memory.wrongBy;
    const std::pair<uint8_t, uint32_t> writes[] = {
        {WEIGHTS_LO, static_cast<uint32_t>(base)},
        {WEIGHTS_HI, static_cast<uint32_t>(base >> 32)},
        {CONTROL, 1},
    };
    for (const auto& [address, data] : writes) {
        lite_.write(address, data);
        for (int i = 0; lite_.busy(); ++i) {
            if (i == liteLimit) {
                results_.error("s_axil does not take the address of the weights");
                return;
            }
            lite_.drive(inputs_);
            lite_.observe(inputs_, blindTick(), results_);
        }
    }
    lite_.drive(inputs_);
}

/// What this frame gives is not looked at: the reset may come before anything is finished. Its
/// purpose is the state that it leaves behind.
void Bench::brokenFrame() {
    // Streams of its own, so that the clean frames begin with the first image.
    const uint64_t seed = ~plan_.seed;
    FrameSource source(plan_, seed, plan_.frames);
    ResultSink sink(plan_, seed, plan_.frames);
    Results discarded;
    discarded.frames.resize(plan_.frames);
    for (uint32_t i = 0; i < plan_.resetAt; ++i) {
        source.drive(inputs_);
        sink.drive(inputs_);
        const Outputs& outputs = blindTick();
        source.observe(inputs_, outputs, cycle_, discarded);
        sink.observe(inputs_, outputs, cycle_, discarded);
    }
}

void Bench::cleanFrames() {
    // While the first frame comes in, so that registers and streams are busy at the same time.
    if (!writeRegister()) return;
    while (!sink_.done() && !over()) {
        tick();
        if (cycle_ - lastProgress_ > plan_.idleLimit) {
            // A stream is stuck at the input when the frame that is awaited has not been accepted.
            recordHang(source_.frame() <= sink_.frame() ? "s_axis" : "m_axis");
            return;
        }
    }
    for (int i = 0; i < quietCycles && !over(); ++i) tick();
}

/// Writes a register, reads it back, and leaves it as it was. False when there is no answer.
bool Bench::writeRegister() {
    uint32_t before = 0, data = 0;
    if (!access(WATCHDOG, &before) || !access(WATCHDOG, nullptr, &probe) ||
        !access(WATCHDOG, &data) || !access(WATCHDOG, nullptr, &before)) {
        return false;
    }
    if (data != probe) {
        results_.error("the register WATCHDOG reads " + std::to_string(data) + " after " +
                       std::to_string(probe) + " was written");
    }
    return true;
}

void Bench::readRegisters() {
    Registers& r = results_.registers;
    r.read = access(ID, &r.id) && access(CONFIG, &r.config) && access(ERRORS, &r.errors) &&
             access(FRAMES, &r.frames) && access(CYCLES, &r.cycles);
}

bool Bench::access(uint8_t address, uint32_t* data, const uint32_t* written) {
    if (written) lite_.write(address, *written);
    else lite_.read(address);
    for (int i = 0; lite_.busy(); ++i) {
        if (i == liteLimit) {
            recordHang("s_axil");
            return false;
        }
        if (over()) return false;
        tick();
    }
    if (data) *data = lite_.data();
    return true;
}

bool Bench::tick() {
    source_.drive(inputs_);
    sink_.drive(inputs_);
    lite_.drive(inputs_);
    driveMemories();
    beforeCycle();
    const Outputs& outputs = dut_->settle(inputs_);
    bool progress = false;
    for (const std::string& fault : observeMemories(outputs)) {
        if (!fault.empty()) results_.error(fault + ", in cycle " + std::to_string(cycle_));
    }
    if (outputs.taps != 0) progress |= taps_.observe(*dut_, outputs, cycle_, results_);
    progress |= source_.observe(inputs_, outputs, cycle_, results_);
    progress |= sink_.observe(inputs_, outputs, cycle_, results_);
    lite_.observe(inputs_, outputs, results_);
    if (progress) lastProgress_ = cycle_;
    last_ = outputs;
    dut_->edge();
    afterCycle();
    return progress;
}

const Outputs& Bench::blindTick() {
    if (!inputs_.aresetn && memory_) memory_->reset();
    if (!inputs_.aresetn && parameters_) parameters_->reset();
    driveMemories();
    beforeCycle();
    const Outputs& outputs = dut_->settle(inputs_);
    if (inputs_.aresetn) observeMemories(outputs);
    dut_->edge();
    afterCycle();
    return outputs;
}

void Bench::driveMemories() {
    if (memory_) inputs_.weights = memory_->drive();
    if (parameters_) inputs_.parameters = parameters_->drive();
}

std::array<std::string, 2> Bench::observeMemories(const Outputs& outputs) {
    return {memory_ ? memory_->observe(outputs.weights) : "",
            parameters_ ? parameters_->observe(outputs.parameters) : ""};
}

void Bench::beforeCycle() {
    const TracePlan& trace = plan_.trace;
    if (trace.path.empty() || results_.traced || cycle_ < trace.from) return;
    if (!dut_->openTrace(trace.path)) throw std::runtime_error("built without tracing");
    results_.traced = tracing_ = true;
}

void Bench::afterCycle() {
    ++cycle_;
    if (tracing_ && plan_.trace.frames > 0 && sink_.frame() >= plan_.trace.frames) {
        dut_->closeTrace();
        tracing_ = false;
    }
}

/// A run for a waveform ends with its window.
bool Bench::over() const {
    const TracePlan& trace = plan_.trace;
    return !trace.path.empty() && trace.to > 0 && cycle_ > trace.to;
}

void Bench::recordHang(const char* stream) {
    // A memory never pauses so long by itself, and the design takes every beat.
    if (parameters_ && parameters_->busy()) stream = "m_axi_param";
    if (memory_ && memory_->busy()) stream = "m_axi";
    results_.hang = {true,           stream,        lastProgress_,  source_.frame(), source_.beat(),
                     sink_.frame(),  sink_.beat(),  last_.inputReady, last_.resultValid};
}
