#include "axi_memory.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace {

constexpr uint64_t page = 4096;
constexpr uint8_t incrementing = 1;
constexpr uint8_t decodeError = 3;

std::string hex(uint64_t value) {
    char text[20];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::string changed(const std::string& signal, uint64_t before, uint64_t now) {
    return signal + " changed from " + hex(before) + " to " + hex(now) + " while it waited";
}

}  // namespace

AxiMemory::AxiMemory(const AxiMemoryPlan& plan, std::vector<uint8_t> contents)
    : plan_(plan),
      contents_(std::move(contents)),
      requestStalls_(plan.seed, 7, plan.stalls, plan.longestPause),
      dataStalls_(plan.seed, 8, plan.stalls, plan.longestPause),
      noise_(plan.seed, 9),
      noiseBytes_(plan.busBytes) {
    if (plan.latency < 1 || plan.outstanding < 1) throw std::invalid_argument("AXI memory");
}

void AxiMemory::reset() {
    requests_.clear();
    waiting_ = offered_ = awaitedRequest_ = awaitedData_ = false;
}

const AxiReadSlave& AxiMemory::drive() {
    out_ = {};
    out_.arready = requests_.size() < plan_.outstanding && !requestStalls_.next(awaitedRequest_);
    const bool dead = beats_ >= plan_.faultBeat && plan_.faultResponse == AxiMemoryPlan::silent;
    const bool ready = !dead && !requests_.empty() && cycle_ >= requests_.front().from;
    if (ready && !offered_) offered_ = !dataStalls_.next(awaitedData_);
    if (offered_) {
        offerBeat();
    } else {
        // Without RVALID the other signals mean nothing, so they carry noise.
        for (uint8_t& byte : noiseBytes_) byte = static_cast<uint8_t>(noise_.next());
        out_.rdata = noiseBytes_.data();
        out_.rlast = noise_.chance(128);
        out_.rresp = static_cast<uint8_t>(noise_.below(4));
    }
    return out_;
}

void AxiMemory::offerBeat() {
    const Request& request = requests_.front();
    out_.rvalid = true;
    out_.rlast = request.beats == 1;
    if (holds(request.address, plan_.busBytes)) {
        out_.rdata = contents_.data() + (request.address - plan_.base);
    } else {
        out_.rdata = noiseBytes_.data();
        out_.rresp = decodeError;
    }
    if (beats_ == plan_.faultBeat) out_.rresp = plan_.faultResponse;
}

std::string AxiMemory::observe(const AxiReadMaster& master) {
    std::string fault = checkRequest(master);
    if (out_.rvalid && master.rready) {
        Request& request = requests_.front();
        request.address += plan_.busBytes;
        if (--request.beats == 0) requests_.pop_front();
        offered_ = false;
        ++beats_;
    }
    if (master.arvalid && out_.arready) {
        if (master.araddr == plan_.base) {
            requestStalls_.newFrame();
            dataStalls_.newFrame();
        }
        requests_.push_back({master.araddr, master.arlen + 1u, cycle_ + plan_.latency});
    }
    waiting_ = master.arvalid && !out_.arready;
    waited_ = master;
    awaitedRequest_ = master.arvalid;
    awaitedData_ = master.rready;
    ++cycle_;
    return fault;
}

std::string AxiMemory::checkRequest(const AxiReadMaster& master) const {
    const std::string name = plan_.name;
    if (waiting_) {
        if (!master.arvalid) return name + "_arvalid was withdrawn before it was accepted";
        if (master.araddr != waited_.araddr) {
            return changed(name + "_araddr", waited_.araddr, master.araddr);
        }
        if (master.arlen != waited_.arlen) return changed(name + "_arlen", waited_.arlen, master.arlen);
        if (master.arsize != waited_.arsize) {
            return changed(name + "_arsize", waited_.arsize, master.arsize);
        }
        if (master.arburst != waited_.arburst) {
            return changed(name + "_arburst", waited_.arburst, master.arburst);
        }
        return "";
    }
    if (!master.arvalid) return "";
    const std::string where = " of the burst at " + hex(master.araddr);
    if (master.arburst != incrementing) {
        return name + "_arburst" + where + " is " + std::to_string(master.arburst) + ", not INCR (1)";
    }
    if (master.arsize > 7 || 1u << master.arsize != plan_.busBytes) {
        return name + "_arsize" + where + " is " + std::to_string(master.arsize) + " on a bus of " +
               std::to_string(plan_.busBytes) + " bytes";
    }
    if (master.araddr % plan_.busBytes != 0) {
        return name + "_araddr " + hex(master.araddr) + " is no multiple of the bus's " +
               std::to_string(plan_.busBytes) + " bytes";
    }
    const uint64_t bytes = (master.arlen + uint64_t{1}) * plan_.busBytes;
    if (master.araddr / page != (master.araddr + bytes - 1) / page) {
        return name + "_arlen" + where + " is " + std::to_string(master.arlen) +
               ", which crosses a boundary of 4 KB";
    }
    if (!holds(master.araddr, bytes)) {
        return name + " asks for " + std::to_string(bytes) + " bytes at " + hex(master.araddr) +
               ", the memory holds " + std::to_string(contents_.size()) + " at " + hex(plan_.base);
    }
    return "";
}

bool AxiMemory::holds(uint64_t address, uint64_t bytes) const {
    return address >= plan_.base && address - plan_.base <= contents_.size() &&
           bytes <= contents_.size() - (address - plan_.base);
}

std::vector<uint8_t> readContents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
