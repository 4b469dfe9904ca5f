// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/correlation/stage.h"

/// What is played to a rule, and what several of these plays are made of.
namespace tapio::correlation {

using Script = std::function<void(Stage &)>;

struct Play {
    const char *rule;
    const char *kind; ///< "find", "quiet", "near"
    const char *name;
    Script script;
    int opened = 0;
};

inline wire::ProcessExit ended(int signal, int code = 0)
{
    wire::ProcessExit exit;
    exit.signal = signal;
    exit.exitCode = code;
    return exit;
}

inline wire::PressureStall stall(wire::PressureResource resource, bool ended, std::chrono::nanoseconds lasted = {})
{
    wire::PressureStall stall;
    stall.resource = resource;
    stall.ended = ended;
    stall.durationNs = static_cast<std::uint64_t>(lasted.count());
    return stall;
}

inline wire::ProcessExec written(bool afterStart)
{
    wire::ProcessExec exec;
    exec.filename = "/tmp/x";
    exec.writtenAfterStart = afterStart;
    return exec;
}

inline wire::Origin named(int number) { return pod("p" + std::to_string(number)); }

template <typename Make> Script times(int count, double apart, Make make)
{
    return [=](Stage &stage) {
        for (int i = 0; i < count; ++i)
            stage.event(i * apart, make(i));
    };
}

template <typename Make> Script ofPods(int pods, double apart, Make make)
{
    return [=](Stage &stage) {
        for (int i = 0; i < pods; ++i)
            stage.event(i * apart, make(i), named(i));
    };
}

inline Script restarts(int count, double apart)
{
    return [=](Stage &stage) {
        for (int i = 0; i <= count; ++i)
            stage.event(i * apart, written(false), pod("a", "c" + std::to_string(i)));
    };
}

} // namespace tapio::correlation
