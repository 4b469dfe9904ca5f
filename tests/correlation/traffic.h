// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/correlation/clusterstage.h"

/// Workloads that call each other.
namespace tapio::correlation {

/// One pod of the Deployment "shop/NAME", on a node and at an address of its own.
struct Workload {
    std::string name, node;
    std::uint8_t address = 1;

    wire::Origin origin() const
    {
        wire::Origin origin = pod(name + "-1");
        origin.workloadName = name;
        return origin;
    }
};

inline wire::HttpRequest httpCall(std::uint8_t from, std::uint8_t to, double latencyMs, std::uint16_t status = 200, bool isByCaller = true)
{
    static std::uint16_t port = 30'000; // clients' are never the same
    wire::HttpRequest http;
    http.local = address(from, ++port);
    http.remote = address(to, 80);
    if (!isByCaller)
        std::swap(http.local, http.remote);
    http.direction = isByCaller ? wire::TcpDirection::Outbound : wire::TcpDirection::Inbound;
    http.status = status;
    http.latencyNs = static_cast<std::uint64_t>(latencyMs * 1e6);
    return http;
}

/// Calls of one by another, one a second.
struct Traffic {
    Workload caller, callee;
    std::function<double(double at)> latencyMs = [](double) { return 10; };
    std::function<std::uint16_t(double at)> status = [](double) { return std::uint16_t{200}; };
    bool isToldByCallee = false; ///< the caller has no agent, else the callee
    double shift = 0;            ///< within the second
};

/// From one second to another, all of it side by side.
inline void run(ClusterStage &stage, const std::vector<Traffic> &all, double from, double to)
{
    for (double at = from; at < to; ++at) {
        for (const Traffic &one : all) {
            const double when = at + one.shift;
            const Workload &teller = one.isToldByCallee ? one.callee : one.caller;
            stage.event(when, httpCall(one.caller.address, one.callee.address, one.latencyMs(when), one.status(when), !one.isToldByCallee),
                        teller.node, teller.origin());
        }
    }
}

/// 10 ms, and from `at` on so much.
inline std::function<double(double)> slowFrom(double at, double ms = 100)
{
    return [=](double now) { return now < at ? 10 : ms; };
}

/// From `at` on one in `every` fails.
inline std::function<std::uint16_t(double)> failingFrom(double at, int every)
{
    return [=](double now) { return static_cast<std::uint16_t>(now >= at && static_cast<int>(now) % every == 0 ? 503 : 200); };
}

} // namespace tapio::correlation
