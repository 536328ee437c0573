// Compares every word of results that a unit writes with the golden model.
#pragma once

#include <vector>

#include "dut.h"
#include "plan.h"
#include "results.h"

class TapChecker {
public:
    explicit TapChecker(const Plan& plan);

    /// True when a word that was due has come.
    bool observe(const Dut& dut, const Outputs& outputs, uint64_t cycle, Results& results);

private:
    /// How far an operation has come.
    struct Progress {
        OperationPlan plan;
        size_t index = 0;   // among all operations
        size_t offset = 0;  // of its first value in an image's expected values
        uint32_t groups = 0;
        uint32_t frame = 0, row = 0, group = 0;
        size_t value = 0;  // of the frame
    };

    void word(const Dut& dut, const TapPlan& tap, Progress& op, uint64_t cycle, Results& results);
    void advance(const TapPlan& tap, Progress& op, Results& results);

    const Plan& plan_;
    std::vector<Progress> operations_;
    /// `[tap][operation of the unit]`: index into `operations_`, or -1.
    std::vector<std::vector<int>> lookup_;
};
