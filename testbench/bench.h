// One run: reset, a frame that is broken off by a reset, clean frames back to back, registers.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "axi_memory.h"
#include "dut.h"
#include "frame_source.h"
#include "lite_host.h"
#include "plan.h"
#include "result_sink.h"
#include "results.h"
#include "tap_checker.h"

class Bench {
public:
    explicit Bench(const Plan& plan);
    Results run();

private:
    void reset(uint32_t cycles);
    /// Tells the design where its weights lie, and lets it begin. Nothing else happens meanwhile.
    void enable();
    std::unique_ptr<AxiMemory> parameterMemory(AxiMemoryPlan memory,
                                               const std::vector<uint8_t>& contents) const;
    void driveMemories();
    /// What the masters break of the protocol; empty where they break nothing.
    std::array<std::string, 2> observeMemories(const Outputs& outputs);
    void brokenFrame();
    void cleanFrames();
    bool writeRegister();
    void readRegisters();
    /// False when the registers do not answer.
    bool access(uint8_t address, uint32_t* data, const uint32_t* written = nullptr);

    /// One cycle of clean frames; true when something went on.
    bool tick();
    /// One cycle in which nothing is compared.
    const Outputs& blindTick();
    void beforeCycle();
    void afterCycle();
    bool over() const;
    void recordHang(const char* stream);

    const Plan& plan_;
    std::unique_ptr<Dut> dut_;
    Inputs inputs_;
    Outputs last_;
    Results results_;
    std::vector<uint8_t> zeros_;
    uint64_t cycle_ = 0, lastProgress_ = 0;
    bool tracing_ = false;
    FrameSource source_;
    ResultSink sink_;
    TapChecker taps_;
    LiteHost lite_;
    /// Of the weights, and of the channels' parameters.
    std::unique_ptr<AxiMemory> memory_, parameters_;
};
