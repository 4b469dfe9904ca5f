// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/counters.h"

namespace tapio::wire {

/// State of a hook, data source or link, always with its reason.
enum class HookState : std::uint8_t {
    Unknown = 0, ///< nothing to watch yet, so nothing could fail
    Active = 1,
    Unsupported = 2, ///< this kernel or machine lacks it
    Denied = 3,      ///< the operating system says no
    Failed = 4,
    Disabled = 5, ///< by configuration
};
std::string_view hookStateName(HookState state) noexcept;

struct Hook {
    std::string collector; ///< "process", "oom", "signal", "tcp", "runqueue", "blockio", "cgroup", "psi" ...
    std::string name;      ///< the kernel's name: "sched_process_exec"; for a sampler, the file it reads
    HookState state = HookState::Unknown;
    std::string attachKind; ///< "tp_btf", "raw_tp", "tracepoint", "kprobe", "file"; the one that won
    std::string reason;     ///< one sentence when not Active, or why a better attach kind did not win
    std::uint64_t runTimeNs =
        0; ///< cumulative, from the kernel's BPF statistics of a tenth of the time; 0 with runCount 0 = statistics off
    std::uint64_t runCount = 0;

    bool operator==(const Hook &) const = default;

    /// Counts towards coverage: neither switched off nor without anything to watch yet (Unknown: no pod to read it of).
    bool wanted() const noexcept { return state != HookState::Disabled && state != HookState::Unknown; }
    bool missing() const noexcept { return wanted() && state != HookState::Active; }
};

/// What this agent can and cannot see. Sent when it changes, and with each new session.
struct HookReport {
    std::int64_t timeNs = 0;
    std::vector<Hook> hooks;

    bool operator==(const HookReport &) const = default;
};

/// The source for frames of samples, each of which counts as one: seen when made, then drained, and in the end sent, refused by
/// a full queue (qdrop) or malformed, as events are.
inline constexpr std::string_view samplesSource = "samples";

/// The source for amendments of origins (event.h), counted in the same way.
inline constexpr std::string_view amendmentsSource = "amendments";

struct SourceCounters {
    std::string source;     ///< collector name, samplesSource or amendmentsSource
    CounterSet counters;    ///< cumulative since the stream began: a lost report costs resolution only
    FilterCounts leftOut{}; ///< part of its kfiltered: by the rule that left them out in the kernel

    /// Figures about events leave the rest out: a lost frame of samples is a gap in their lines, a lost amendment an origin that stays vague.
    bool countsEvents() const noexcept { return source != samplesSource && source != amendmentsSource; }

    bool operator==(const SourceCounters &) const = default;
};

/// What a correlation engine counts for one rule. Cumulative since the engine has the rule, but for the last two: a count that is lower than before
/// began anew, as the rule's file was changed.
struct RuleCounters {
    std::string rule;
    std::uint64_t evaluations = 0; ///< observations of a topic that the rule asks for, once per step
    std::uint64_t evidence = 0;    ///< of these: taken
    std::uint64_t unjoined = 0;    ///< fulfilled the conditions, but whose it is was not known
    std::uint64_t late = 0;        ///< older than the rule looks back
    std::uint64_t opened = 0, updated = 0, resolved = 0, expired = 0;
    std::uint64_t reopened = 0;             ///< within the cooldown, instead of opening another
    std::uint64_t evicted = 0;              ///< candidates that went for want of room
    std::uint64_t timed = 0, timedNs = 0;   ///< evaluations that were timed, and what they took
    std::uint64_t candidates = 0, open = 0; ///< now

    static constexpr std::size_t fieldCount = 14;
    using Fields = std::array<std::uint64_t RuleCounters::*, fieldCount>;
    static const Fields fields; ///< in the order of bytes and stores, which grows at its end

    bool operator==(const RuleCounters &) const = default;
};
inline constexpr RuleCounters::Fields RuleCounters::fields{
    &RuleCounters::evaluations, &RuleCounters::evidence, &RuleCounters::unjoined,   &RuleCounters::late,     &RuleCounters::opened,
    &RuleCounters::updated,     &RuleCounters::resolved, &RuleCounters::expired,    &RuleCounters::reopened, &RuleCounters::evicted,
    &RuleCounters::timed,       &RuleCounters::timedNs,  &RuleCounters::candidates, &RuleCounters::open};

struct CounterReport {
    std::int64_t timeNs = 0;
    std::vector<SourceCounters> sources;
    std::uint64_t filterGeneration = 0;   ///< of the kernel filter in force at that time; 0 = none, or an agent that does not say
    std::vector<RuleCounters> rules = {}; ///< of the sender's correlation engine, once in a while; empty = not told with this one

    bool operator==(const CounterReport &) const = default;
};

} // namespace tapio::wire
