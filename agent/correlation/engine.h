// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/correlation/evidence.h"
#include "agent/correlation/figuretracker.h"
#include "agent/correlation/identities.h"
#include "agent/correlation/imagehabits.h"
#include "agent/correlation/names.h"
#include "agent/correlation/observation.h"
#include "agent/correlation/predicate.h"
#include "agent/correlation/processtree.h"
#include "agent/correlation/rule.h"
#include "agent/correlation/traffictracker.h"
#include "protocol/base/clock.h"
#include "protocol/wire/event.h"
#include "protocol/wire/report.h"
#include "protocol/wire/sample.h"

/// Events and time in, insights out: no kernel, no network, no clock of its own. The same events in the same order give the same insights,
/// byte for byte, at any speed.
namespace tapio::correlation {

/// An insight as it goes out.
struct Finding {
    wire::Insight insight;
    wire::Severity severity = wire::Severity::Notice;
    std::int64_t timeNs = 0;                    ///< UTC: of what made it go out
    std::shared_ptr<const wire::Origin> origin; ///< of the last evidence; null: there was none with one
};

/// Called from within the engine's calls; must not call the engine.
class FindingSink {
public:
    virtual ~FindingSink() = default;
    virtual void onFinding(Finding &&finding) = 0;
};

struct EngineLimits {
    std::size_t candidates = 100'000; ///< of all rules
    std::size_t candidatesOfRule = 16'384;
    std::size_t identities = 32'768;
    std::size_t habits = 4'096;                  ///< what gains which privileges in which image
    std::size_t figures = 2'048;                 ///< cgroups of a node whose samples are followed
    std::size_t traffic = 2'048;                 ///< pairs of a workload of a node and a destination whose traffic is followed
    std::size_t processes = 16'384;              ///< of which is known what they descend from, where a rule asks
    std::int64_t updateEveryNs = 60'000'000'000; ///< an open insight that only grows is told again no more often than this
};

using wire::RuleCounters;

class RuleState;

/// One thread.
class Engine {
public:
    /// `sink` outlives the engine.
    Engine(RuleSetPtr rules, EngineLimits limits, FindingSink &sink);
    ~Engine();
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    /// Whether it is evidence of something that some rule has found, or may find.
    bool onEvent(const wire::Event &event, const wire::Origin &origin, const EventPlace &place);
    /// Figures that were read at one moment: rules see what is worked out of them (topic.h). Evidence of that is no event, and has no number.
    void onSamples(const wire::SampleBatch &batch, const EventPlace &place);
    /// What is known beside the events, of a topic that is a fact. Nothing in it is kept.
    void onFact(const Observation &fact) { observe(fact); }
    /// What was said of `was` is about `now`.
    void onAmendment(const wire::Origin &was, const wire::Origin &now, std::string_view node);
    /// A clock that is set back by more begins anew.
    static constexpr std::int64_t longestStepBackNs = 60'000'000'000;
    /// Time has passed, UTC: insights without news end, and what is too old is forgotten. Once a second or so. After a clock was set back, what is
    /// known has times that are still to come, beside which all that happens would look late: open insights expire, and all begins anew.
    void advance(std::int64_t nowNs);
    /// Rules of the same id and digest keep what they have; of the others, insights that are open expire.
    void setRules(RuleSetPtr rules, std::int64_t nowNs);

    const RuleSet &rules() const noexcept { return *m_rules; }
    std::vector<RuleCounters> counters() const;
    /// From now on one evaluation in timedEvery of each rule is timed, which changes nothing in what is found. `clock` outlives the engine.
    void timeWith(const Clock &clock) noexcept { m_clock = &clock; }
    static constexpr std::uint64_t timedEvery = 127; ///< a prime: steps of a rule that come in pairs are timed alike

    std::size_t candidates() const noexcept { return m_candidates; }
    /// Of all rules so far: candidates that went for want of room, which may have become insights.
    std::uint64_t evicted() const noexcept;
    /// What found no room beside them: running processes whose descent went, destinations whose traffic did, and times that an owner could not be named.
    std::uint64_t forgotten() const noexcept;

private:
    /// Of a step to a topic. Those of a topic lie in a row, and are all that most events need of the rules.
    struct Subscription {
        RuleState *state = nullptr;
        const Step *step = nullptr;
        FirstCondition first;
        std::uint8_t number = 0; ///< of the step
        bool isLast = true;      ///< of the rule, for this topic
    };
    void subscribe();
    struct Look;
    class LookWords;
    bool onTypedEvent(Observation seen);
    void tellTraffic(std::int64_t nowNs);
    bool observe(const Observation &seen);
    bool evaluate(const Subscription &wants, Look &look);
    bool evaluateTimed(const Subscription &wants, Look &look);
    bool offer(const Subscription &wants, Look &look);
    void settle(RuleState &state);
    bool take(const Subscription &wants, Look &look, const EntityKey &entity, bool fulfils);
    bool takeOfLineage(const Subscription &wants, Look &look);
    std::uint32_t nodeNumber(std::string_view node);
    std::uint16_t ownerNumber(Selector of, const Observation &seen);
    std::uint16_t newOwner(const EntityKey &key, const std::string &owner);
    void makeRoom();
    void beginAnew(std::int64_t nowNs);

    RuleSetPtr m_rules;
    EngineLimits m_limits;
    FindingSink &m_sink;
    const Clock *m_clock = nullptr; ///< null: nothing is timed
    Identities m_identities;
    ImageHabits m_habits;
    std::map<std::uint32_t, FigureTracker> m_figures;  ///< by node
    std::map<std::uint32_t, TrafficTracker> m_traffic; ///< likewise
    bool m_wantsFigures = false;
    bool m_wantsTraffic = false;
    std::vector<std::unique_ptr<RuleState>> m_states; ///< as m_rules
    std::vector<std::vector<Subscription>> m_byTopic; ///< first the types of events, then the facts
    Names m_names;
    std::unordered_map<std::string, std::uint32_t> m_nodeNumbers;
    struct Owner {
        std::uint64_t check = 0;
        std::uint16_t number = 0; ///< in m_names
    };
    std::unordered_map<std::uint64_t, Owner> m_ownerNumbers; ///< by the keys of their workloads
    std::uint64_t m_unnamedOwners = 0;
    std::string m_text;    ///< of the observation at hand: the dearest part of evidence, the same for all of it
    std::string m_affects; ///< whom that affects, likewise
    ProcessTree m_processes;
    bool m_wantsLineage = false; ///< some rule asks for it; else nothing is noted
    std::uint32_t m_lastNode = 0;
    std::size_t m_candidates = 0;
    std::int64_t m_nowNs = 0; ///< of the last advance()
};

} // namespace tapio::correlation
