#include "tap_checker.h"

#include <algorithm>

#include "words.h"

TapChecker::TapChecker(const Plan& plan) : plan_(plan), lookup_(plan.taps.size()) {
    size_t offset = 0;
    for (const OperationPlan& operation : plan.operations) {
        Progress progress;
        progress.plan = operation;
        progress.index = operations_.size();
        progress.offset = offset;
        offset += size_t{operation.rows} * operation.columns;
        for (size_t t = 0; t < plan.taps.size(); ++t) {
            const TapPlan& tap = plan.taps[t];
            if (tap.unit != operation.unit) continue;
            progress.groups = (operation.columns + operation.lanes - 1) / operation.lanes;
            std::vector<int>& row = lookup_[t];
            if (row.size() <= operation.index) row.resize(operation.index + 1, -1);
            row[operation.index] = static_cast<int>(operations_.size());
        }
        operations_.push_back(progress);
    }
}

bool TapChecker::observe(const Dut& dut, const Outputs& outputs, uint64_t cycle,
                         Results& results) {
    bool progress = false;
    for (size_t t = 0; t < plan_.taps.size(); ++t) {
        const TapPlan& tap = plan_.taps[t];
        if (!(outputs.taps >> tap.unit & 1)) continue;
        const uint32_t index = dut.operation(tap.unit);
        if (index >= lookup_[t].size() || lookup_[t][index] < 0) {
            results.error("unit " + std::to_string(tap.unit) + " shows operation " +
                          std::to_string(index) + ", which the design does not have, in cycle " +
                          std::to_string(cycle));
            continue;
        }
        Progress& op = operations_[static_cast<size_t>(lookup_[t][index])];
        if (op.frame == plan_.frames) {
            results.error("unit " + std::to_string(tap.unit) + " writes more of operation " +
                          std::to_string(index) + " than its frames hold, in cycle " +
                          std::to_string(cycle));
            continue;
        }
        results.lastOperation = op.index;
        word(dut, tap, op, cycle, results);
        progress = true;
    }
    return progress;
}

void TapChecker::word(const Dut& dut, const TapPlan& tap, Progress& op, uint64_t cycle,
                      Results& results) {
    const size_t image = op.frame % plan_.images;
    const int32_t* expected =
        plan_.expected.data() + image * plan_.valuesPerImage + op.offset + op.value;
    // Lanes past the last column and rows past the last one mean nothing.
    const uint32_t lanes = std::min(op.plan.lanes, op.plan.columns - op.group * op.plan.lanes);
    const uint32_t rows = std::min(tap.tokens, op.plan.rows - op.row);
    for (uint32_t row = 0; row < rows; ++row) {
        for (uint32_t lane = 0; lane < lanes; ++lane) {
            const size_t at = size_t{row} * tap.lanes + lane;
            const uint32_t value = row * lanes + lane;
            const int32_t got =
                asNumber(dut.bits(tap.unit, at * tap.bits), tap.bits, tap.isSigned);
            results.compare(op.index, op.value + value, op.frame, cycle, expected[value], got);
        }
    }
    op.value += rows * lanes;
    advance(tap, op, results);
}

void TapChecker::advance(const TapPlan& tap, Progress& op, Results& results) {
    bool finished = false;
    if (tap.byRow) {
        if (++op.group == op.groups) {
            op.group = 0;
            op.row += tap.tokens;
            finished = op.row >= op.plan.rows;
        }
    } else {
        op.row += tap.tokens;
        if (op.row >= op.plan.rows) {
            op.row = 0;
            finished = ++op.group == op.groups;
        }
    }
    if (!finished) return;
    op.row = op.group = 0;
    op.value = 0;
    ++op.frame;
    results.operationFrames[op.index] = op.frame;
}
