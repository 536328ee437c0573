// Runs one of the streams of a harness against the bench's memory. Reads `name value` lines, see
// Scenario, and the pauses before each take; prints `word CYCLE HEX` for every word taken, `fault
// TEXT` for every broken rule, and a last line with what the run has shown. Cycle 0 is the first
// one with enable after the last reset.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "Vharness.h"
#include "axi_memory.h"
#include "verilated.h"
#include "words.h"

namespace {

struct Scenario {
    std::map<std::string, uint64_t> numbers;
    std::string contents;
    std::vector<uint32_t> pauses;
    uint64_t operator[](const char* name) const { return numbers.at(name); }
};

Scenario readScenario(std::istream& in) {
    Scenario scenario;
    std::string name;
    while (in >> name) {
        if (name == "contents") in >> scenario.contents;
        else if (name == "pause") scenario.pauses.push_back(0), in >> scenario.pauses.back();
        else in >> scenario.numbers[name];
    }
    return scenario;
}

class Run {
public:
    Run(const Scenario& scenario, const AxiMemoryPlan& plan)
        : scenario_(scenario), memory_(plan, readContents(scenario.contents)) {
        context_.randReset(2);
        context_.randSeed(static_cast<int>(scenario["seed"]) + 1);
        dut_ = std::make_unique<Vharness>(&context_);
        dut_->sel = scenario["sel"];
    }

    void run() {
        reset(4);
        if (scenario_["resetAt"] > 0) {
            while (cycle_ < scenario_["resetAt"]) tick(false);
            reset(3);
        }
        while (taken_ < scenario_.pauses.size() && cycle_ < scenario_["limit"]) tick(true);
        std::printf("end taken %zu cycles %llu error %d errorAt %llu hitAt %llu waited %llu\n",
                    taken_, cycle_ * 1ull, dut_->error, errorAt_ * 1ull, hitAt_ * 1ull,
                    waited_ * 1ull);
    }

private:
    void reset(int cycles) {
        for (int i = 0; i < cycles; ++i) {
            memory_.reset();
            apply(memory_.drive(), true);
            edge();
        }
        cycle_ = taken_ = next_ = 0;
        if (!scenario_.pauses.empty()) next_ = scenario_.pauses[0];
    }

    void tick(bool print) {
        AxiReadSlave slave = memory_.drive();
        const uint64_t hit = scenario_["hitBeat"];
        bool hits = print && slave.rvalid && memory_.beats() == hit;
        switch (scenario_["hit"]) {
            case 0: hits = false; break;
            case 1: if (hits) slave.rresp = 2; break;
            case 2: if (hits) slave.rlast = !slave.rlast; break;
            default:
                hits = print && cycle_ == hit;
                if (hits) slave.rvalid = true, slave.rlast = false, slave.rresp = 0;
        }
        dut_->take = cycle_ >= next_;
        apply(slave, false);
        if (hits) hitAt_ = cycle_;

        AxiReadMaster master;
        master.arvalid = dut_->arvalid;
        master.rready = dut_->rready;
        master.araddr = dut_->araddr;
        master.arlen = dut_->arlen;
        master.arsize = dut_->arsize;
        master.arburst = dut_->arburst;
        const std::string fault = memory_.observe(master);
        if (!fault.empty()) std::printf("fault %s\n", fault.c_str());
        if (!dut_->rready) std::printf("fault rready is low\n");
        if (dut_->waiting) ++waited_;
        if (dut_->error && errorAt_ == 0) errorAt_ = cycle_;
        if (dut_->take && dut_->word_valid) takeWord(print);
        edge();
        ++cycle_;
    }

    void takeWord(bool print) {
        if (print) {
            std::printf("word %llu ", cycle_ * 1ull);
            for (int i = sizeof(dut_->word) / 4 - 1; i >= 0; --i) {
                std::printf("%08x", bitsFrom(dut_->word, 32 * i));
            }
            std::putchar('\n');
        }
        ++taken_;
        next_ = taken_ < scenario_.pauses.size() ? cycle_ + 1 + scenario_.pauses[taken_] : ~0ull;
    }

    void apply(const AxiReadSlave& slave, bool rst) {
        dut_->clk = 0;
        dut_->rst = rst;
        dut_->enable = !rst;
        // Only what stands there in the first cycle counts.
        dut_->base = rst || cycle_ == 0 ? scenario_["base"] : ~scenario_["base"];
        dut_->arready = slave.arready;
        dut_->rvalid = slave.rvalid;
        dut_->rlast = slave.rlast;
        dut_->rresp = slave.rresp;
        setBytes(dut_->rdata, slave.rdata, scenario_["busBytes"]);
        dut_->eval();
    }

    void edge() {
        dut_->clk = 1;
        dut_->eval();
    }

    const Scenario& scenario_;
    AxiMemory memory_;
    VerilatedContext context_;
    std::unique_ptr<Vharness> dut_;
    uint64_t cycle_ = 0, next_ = 0, waited_ = 0, errorAt_ = 0, hitAt_ = 0;
    size_t taken_ = 0;
};

}  // namespace

int main() {
    const Scenario scenario = readScenario(std::cin);
    AxiMemoryPlan plan;
    plan.busBytes = scenario["busBytes"];
    plan.base = scenario["base"];
    plan.latency = scenario["latency"];
    plan.outstanding = scenario["outstanding"];
    plan.stalls = scenario["seed"] != 0;
    plan.longestPause = 300;
    plan.seed = scenario["seed"];
    Run(scenario, plan).run();
    return 0;
}
