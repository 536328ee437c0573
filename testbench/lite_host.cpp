#include "lite_host.h"

namespace {
constexpr uint32_t longestPause = 20;
}

LiteHost::LiteHost(const Plan& plan, uint64_t seed)
    : addressStalls_(seed, 4, plan.stalls, longestPause),
      dataStalls_(seed, 5, plan.stalls, longestPause),
      responseStalls_(seed, 6, plan.stalls, longestPause) {}

void LiteHost::read(uint8_t address) {
    reading_ = true;
    at_ = address;
    address_ = response_ = true;
}

void LiteHost::write(uint8_t address, uint32_t data) {
    reading_ = false;
    at_ = address;
    writeData_ = data;
    address_ = data_ = response_ = true;
}

void LiteHost::drive(Inputs& inputs) {
    if (address_ && !addressOffered_) addressOffered_ = !addressStalls_.next(true);
    if (data_ && !dataOffered_) dataOffered_ = !dataStalls_.next(true);
    const bool take = response_ && !responseStalls_.next(true);
    inputs.lite = {};
    inputs.lite.arvalid = reading_ && addressOffered_;
    inputs.lite.awvalid = !reading_ && addressOffered_;
    inputs.lite.wvalid = dataOffered_;
    inputs.lite.rready = reading_ && take;
    inputs.lite.bready = !reading_ && take;
    inputs.lite.araddr = inputs.lite.awaddr = at_;
    inputs.lite.wdata = writeData_;
    inputs.lite.wstrb = 0xF;
}

void LiteHost::observe(const Inputs& inputs, const Outputs& outputs, Results& results) {
    const auto& in = inputs.lite;
    const auto& out = outputs.lite;
    if ((in.arvalid && out.arready) || (in.awvalid && out.awready)) address_ = addressOffered_ = false;
    if (in.wvalid && out.wready) data_ = dataOffered_ = false;
    const bool answered = (in.rready && out.rvalid) || (in.bready && out.bvalid);
    if (!answered) return;
    if (address_ || data_) results.error("s_axil answered before it was asked");
    const uint8_t response = reading_ ? out.rresp : out.bresp;
    if (response != 0) {
        results.error("s_axil answered address " + std::to_string(at_) + " with response " +
                      std::to_string(response));
    }
    readData_ = out.rdata;
    response_ = false;
}
