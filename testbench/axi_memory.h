// The external memory: an AXI4 slave that reads. Bursts are served in the order of their requests,
// one beat a cycle, the first a fixed time after its request; with stalls, ARREADY and RVALID are
// low now and then. What the master does is held against the rules of the protocol.
//
// In every cycle: `drive`, let the design settle, `observe`, then the rising edge. While the design
// is in reset: `reset`, then `drive`, and nothing is observed.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "random.h"
#include "stalls.h"

/// What the master drives.
struct AxiReadMaster {
    bool arvalid = false, rready = false;
    uint64_t araddr = 0;
    uint8_t arlen = 0, arsize = 0, arburst = 0;
};

/// What the memory drives.
struct AxiReadSlave {
    bool arready = false, rvalid = false, rlast = false;
    uint8_t rresp = 0;
    /// RDATA, lowest byte first; as many bytes as the bus is wide.
    const uint8_t* rdata = nullptr;
};

struct AxiMemoryPlan {
    /// The port, for what is said of it.
    const char* name = "m_axi";
    /// 8, 16, 32 or 64
    uint32_t busBytes = 8;
    /// Address of the first byte; a master that begins a burst there begins a new frame.
    uint64_t base = 0;
    /// Cycles from the handshake on AR to the first beat, at least 1.
    uint32_t latency = 40;
    /// Requests that are accepted before the first of them is served completely.
    uint32_t outstanding = 16;
    bool stalls = false;
    /// Longest pause of either channel.
    uint32_t longestPause = 0;
    uint64_t seed = 0;
    /// Number of the beat, from 0 over the whole run, that is answered with `faultResponse`; with
    /// response `silent`, it and all after it never come.
    uint64_t faultBeat = UINT64_MAX;
    uint8_t faultResponse = 0;
    static constexpr uint8_t silent = 4;
};

class AxiMemory {
public:
    AxiMemory(const AxiMemoryPlan& plan, std::vector<uint8_t> contents);

    /// Forgets all requests and what was offered.
    void reset();
    /// What stands on the channels in this cycle; the data stay until the next call.
    const AxiReadSlave& drive();
    /// What the master answers in the same cycle. A sentence on the first rule that it breaks,
    /// empty when it breaks none.
    std::string observe(const AxiReadMaster& master);

    /// Beats taken, and whether requests are under way.
    uint64_t beats() const { return beats_; }
    bool busy() const { return !requests_.empty(); }

private:
    struct Request {
        uint64_t address;
        uint32_t beats;
        /// Cycle of the first beat, if the bus is free by then.
        uint64_t from;
    };

    std::string checkRequest(const AxiReadMaster& master) const;
    bool holds(uint64_t address, uint64_t bytes) const;
    void offerBeat();

    AxiMemoryPlan plan_;
    std::vector<uint8_t> contents_;
    Stalls requestStalls_, dataStalls_;
    Random noise_;
    std::vector<uint8_t> noiseBytes_;
    std::deque<Request> requests_;
    AxiReadSlave out_;
    /// A VALID without its READY in the cycle before, and what stood beside it.
    bool waiting_ = false;
    AxiReadMaster waited_;
    /// RVALID was raised and stays until it is accepted.
    bool offered_ = false;
    bool awaitedRequest_ = false, awaitedData_ = false;
    uint64_t cycle_ = 0, beats_ = 0;
};

/// Throws `std::runtime_error` when the file cannot be read.
std::vector<uint8_t> readContents(const std::string& path);
