// The design under test as the bench sees it. One small generated file, from
// templates/bench/dut.cpp.hbs, connects it to the ports and taps of a particular design, so that
// everything else here is compiled once for all designs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "axi_memory.h"

/// Values of the input ports during one cycle.
struct Inputs {
    bool aresetn = false;
    bool inputValid = false;
    bool inputLast = false;
    /// TDATA, lowest byte first; as many bytes as the port is wide.
    const uint8_t* inputData = nullptr;
    bool resultReady = false;
    struct {
        bool awvalid = false, wvalid = false, bready = false, arvalid = false, rready = false;
        uint8_t awaddr = 0, araddr = 0, wstrb = 0;
        uint32_t wdata = 0;
    } lite;
    /// The memory of the weights, and of the channels' parameters, where the design has them.
    AxiReadSlave weights, parameters;
};

/// Values of the output ports in the same cycle, before its rising edge.
struct Outputs {
    bool inputReady = false;
    bool resultValid = false;
    bool resultLast = false;
    uint32_t resultData = 0;
    struct {
        bool awready = false, wready = false, bvalid = false, arready = false, rvalid = false;
        uint8_t bresp = 0, rresp = 0;
        uint32_t rdata = 0;
    } lite;
    AxiReadMaster weights, parameters;
    /// Bit u is set when unit u writes a word of results in this cycle.
    unsigned taps = 0;
};

class Dut {
public:
    virtual ~Dut() = default;
    /// Applies the inputs while the clock is low and gives what the design answers.
    virtual const Outputs& settle(const Inputs& inputs) = 0;
    /// The rising edge; the cycle is over.
    virtual void edge() = 0;
    /// Number of the operation that unit `unit` works on. Only while its tap is valid.
    virtual uint32_t operation(unsigned unit) const = 0;
    /// Bits `low .. low+31` of the unit's word of results. Only while its tap is valid.
    virtual uint32_t bits(unsigned unit, size_t low) const = 0;
    /// Starts a waveform; false when the bench was built without tracing.
    virtual bool openTrace(const std::string& path) = 0;
    virtual void closeTrace() = 0;
};

/// A design whose registers and memories start with random bits from the seed (1 .. 2^31-1).
std::unique_ptr<Dut> makeDut(int seed);
