// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "agent/collect/kernelcollectors.h"
#include "agent/enrich/originresolver.h"
#include "agent/filter/filterrules.h"
#include "agent/filter/subscription.h"
#include "protocol/base/clock.h"
#include "protocol/wire/message.h"

namespace tapio::agent {

/// What the kernel programs leave out now.
struct FilterState {
    std::uint64_t generation = 0; ///< 0 = nothing was put in force yet
    std::string sha256;           ///< of the rules and the subscription in force
    std::int64_t sinceUtcNs = 0;
    std::size_t cgroups = 0;            ///< verdicts that the programs have
    std::size_t cgroupsWithoutRoom = 0; ///< cgroups that pass since there is no room for their verdict
    std::string problem;                ///< why what is in force is not what was asked for; empty = it is

    bool operator==(const FilterState &) const = default;
};

/// One line: "http floor 10 ms, ...; subscribed: ..." of what such a filter does beyond the defaults.
std::string describe(const FilterRules &rules, const wire::Filter &subscribed);
/// Every rule and filter in a fixed order: what its hash is of.
std::string canonicalText(const FilterRules &rules, const wire::Filter &subscribed);

/// How long a subscription must be unchanged before the kernel leaves out what it does not ask for. Until then all is told, and
/// EventGate lets through what is asked for: consoles come and go, and each change makes a generation.
inline constexpr std::chrono::seconds subscriptionSettles{10};
/// How often it is told of one cgroup that records of it are left out, and of how many cgroups at a time.
inline constexpr std::chrono::seconds leftOutEvery{60};
inline constexpr std::size_t mostLeftOutNews = 16;

/// Records of one cgroup that were left out for want of tokens since it was last told.
struct LeftOutNews {
    Filtered collector = Filtered::Process;
    std::uint64_t cgroupId = 0, memoryCgroupId = 0;
    CgroupHierarchy hierarchy = CgroupHierarchy::Either; ///< of cgroupId
    std::uint64_t records = 0;
    std::uint32_t rate = 0;
};

/// Keeps the kernel's filter what configuration and subscriptions ask for, and its verdicts what the cgroups are. One thread.
class FilterKeeper {
public:
    /// The clock outlives it.
    FilterKeeper(FilterRules rules, std::string node, const Clock &clock)
        : m_rules(std::move(rules)), m_node(std::move(node)), m_clock(clock)
    {}

    void setRules(FilterRules rules);
    /// What the server asks for; nothing in it = everything.
    void setSubscription(const wire::Filter &filter);
    /// Does what is due: after each of those, and each second. True: another generation is in force.
    bool turn(KernelCollectors &kernel, OriginResolver &resolver);
    /// What is due to be told. `byTokens`: all records that were left out for want of tokens so far. `all`: it is the last time.
    std::vector<LeftOutNews> takeLeftOut(KernelCollectors &kernel, std::uint64_t byTokens, bool all = false);

    const FilterState &state() const noexcept { return m_state; }
    std::string description() const { return describe(m_rulesInForce, m_subscribed); }

private:
    using Cgroup = std::tuple<Filtered, std::uint64_t, std::uint64_t, CgroupHierarchy>;
    using Bucket = std::pair<Cgroup, bool>; ///< of what failed, or of the rest
    struct Told {
        std::uint64_t untold = 0;
        std::int64_t againNs = 0;
    };
    KernelFilter compile() const;
    CgroupVerdict verdictOn(const wire::Origin &origin) const;
    std::map<CgroupKey, CgroupVerdict> verdicts(OriginResolver &resolver) const;
    bool asksForCgroups() const;
    bool putInForce(KernelCollectors &kernel, OriginResolver &resolver);
    void changeVerdicts(KernelCollectors &kernel, OriginResolver &resolver);
    /// The kernel has them now, but for those without room.
    void noteVerdicts(std::map<CgroupKey, CgroupVerdict> &&known, const CgroupKeys &withoutRoom, std::uint64_t changes);
    bool isLookDue(std::uint64_t byTokens, bool all);
    void noteLeftOut(const std::vector<LeftOut> &leftOut);
    void noteProblem(const Error &error) { m_state.problem = error.message(); }

    FilterRules m_rules; ///< as asked for
    std::string m_node;
    const Clock &m_clock;
    wire::Filter m_asked;                    ///< by the server
    std::optional<std::int64_t> m_settlesNs; ///< when what is asked for is to be applied
    wire::Filter m_subscribed;               ///< applied; empty = everything
    Subscription m_subscription;             ///< of m_subscribed
    bool m_isDirty = true;
    FilterState m_state;
    FilterRules m_rulesInForce;
    std::string m_textInForce;
    KernelFilter m_inForce;
    std::map<CgroupKey, CgroupVerdict> m_verdicts; ///< in the kernel
    std::uint64_t m_resolverChanges = 0;           ///< up to which m_verdicts follow
    std::map<Cgroup, Told> m_told;                 ///< as many as the kernel has buckets
    std::map<Bucket, std::uint64_t> m_counts;      ///< the kernel's, at the last look
    std::uint64_t m_byTokens = 0;                  ///< at the last look
    bool m_untold = false;
    std::int64_t m_nextLookNs = 0, m_nextCleanNs = 0;
};

} // namespace tapio::agent
