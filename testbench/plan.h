// What one run of the bench does, from the text file that `vitrum sim` writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

struct TapPlan {
    unsigned unit = 0;
    /// Rows of a word, and results of each.
    unsigned tokens = 0, lanes = 0;
    unsigned bits = 0;
    bool isSigned = false;
    /// A row's groups of lanes, then the next rows; otherwise all rows of a group, then the next.
    bool byRow = false;
};

struct OperationPlan {
    unsigned unit = 0;
    uint32_t index = 0;
    uint32_t rows = 0, columns = 0;
    /// Results of a row that a word holds: those of its tap, or the first of them.
    uint32_t lanes = 0;
};

struct TracePlan {
    /// Empty: no waveform.
    std::string path;
    /// Cycles of the window; the run ends with it. `to` 0: no end.
    uint64_t from = 0, to = 0;
    /// The waveform ends after so many frames; 0: no limit.
    uint32_t frames = 0;
};

/// Weights in external memory.
struct WeightsPlan {
    /// Empty: there are none.
    std::string path;
    uint32_t busBytes = 0, latency = 0;
    uint64_t base = 0;
    /// The part of the file that the port of the channels' parameters reads; without it, no bytes.
    uint32_t parameterBusBytes = 0;
    uint64_t parameterOffset = 0, parameterBytes = 0;
};

/// How that memory is unlike the one that the planner counts on.
struct MemoryPlan {
    /// Nothing is said: it stalls when the streams do.
    bool given = false;
    bool stalls = false;
    /// What goes wrong on purpose: what is added to the address that the design is told, and the
    /// response to one beat; see AxiMemoryPlan.
    uint64_t wrongBy = 0, faultBeat = UINT64_MAX;
    unsigned faultResponse = 0;
};

struct Plan {
    uint32_t frames = 0;
    /// Frame f carries image f modulo `images`.
    uint32_t images = 0;
    uint32_t inputWords = 0, inputBytes = 0;
    uint32_t classes = 0;
    uint64_t seed = 0;
    bool stalls = false;
    /// Longest pause of a stream that stalls.
    uint32_t longestPause = 0;
    /// The reset comes this many cycles after the first one is over, for `resetCycles`; 0: none.
    uint32_t resetAt = 0, resetCycles = 0;
    /// Cycles without any progress after which the run is given up.
    uint64_t idleLimit = 0;
    TracePlan trace;
    WeightsPlan weights;
    MemoryPlan memory;
    std::vector<TapPlan> taps;
    std::vector<OperationPlan> operations;
    /// `[images][inputWords][inputBytes]`
    std::vector<uint8_t> input;
    /// `[images]` of: the values of every operation in the order in which its tap shows them, then
    /// the classes.
    std::vector<int32_t> expected;
    /// Values of one image in `expected`.
    size_t valuesPerImage = 0;
};

/// Throws `std::runtime_error` when a file is missing, damaged or of the wrong size.
Plan readPlan(const std::string& path);
