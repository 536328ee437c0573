// What a run has found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct Difference {
    /// Index into the plan's operations; their number stands for the result stream.
    size_t operation = 0;
    /// Which of the operation's values of the frame, in the order of the tap.
    size_t value = 0;
    uint32_t frame = 0;
    uint64_t cycle = 0;
    int32_t expected = 0, got = 0;
};

struct FrameResult {
    /// Cycles in which the first input beat was accepted and in which the last result was taken.
    uint64_t firstInput = 0, lastResult = 0;
    uint64_t mismatches = 0;
    std::vector<int32_t> results;
};

struct Registers {
    bool read = false;
    uint32_t id = 0, config = 0, errors = 0, frames = 0, cycles = 0;
};

/// Everything stood still.
struct Hang {
    bool happened = false;
    /// `s_axis`, `m_axis`, `s_axil`, or the port of a memory that owes an answer.
    std::string stream;
    uint64_t lastProgress = 0;
    uint32_t inputFrame = 0, inputBeat = 0, outputFrame = 0, outputBeat = 0;
    bool inputReady = false, resultValid = false;
};

struct Results {
    uint64_t cycles = 0;
    uint64_t values = 0;
    uint64_t mismatches = 0;
    bool hasFirst = false;
    Difference first;
    /// Frames that each operation has shown completely.
    std::vector<uint32_t> operationFrames;
    std::vector<FrameResult> frames;
    /// Index of the last operation that showed a word, the number of operations when none did.
    size_t lastOperation = 0;
    Registers registers;
    Hang hang;
    /// Violations of a protocol, one sentence each; the first few of `errorCount`.
    std::vector<std::string> errors;
    uint64_t errorCount = 0;
    bool traced = false;

    void error(const std::string& sentence) {
        if (++errorCount <= 8) errors.push_back(sentence);
    }

    void compare(size_t operation, size_t value, uint32_t frame, uint64_t cycle, int32_t expected,
                 int32_t got) {
        ++values;
        if (expected == got) return;
        ++mismatches;
        ++frames[frame].mismatches;
        if (hasFirst) return;
        hasFirst = true;
        first = {operation, value, frame, cycle, expected, got};
    }
};

/// One JSON object on one line.
std::string toJson(const Results& results);
