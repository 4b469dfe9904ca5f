// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/correlation/candidate.h"
#include "agent/correlation/engine.h"
#include "agent/correlation/names.h"

namespace tapio::correlation {

/// One rule with all its candidates. One thread.
class RuleState {
public:
    /// What evidence has beside its place and time.
    struct Words {
        std::string_view affects;      ///< with its kind; empty = the step asks for none
        std::uint32_t affectsHash = 0; ///< of its id
        std::string_view text;         ///< evidenceText() of what was seen
        std::uint32_t node = 0;
        std::uint16_t owner = 0; ///< number of the workload that it is of
    };
    /// Gives them when they are needed: they are dear, and most of what fulfils a step is evidence of nothing, since nothing waits for it.
    class WordsSource {
    public:
        virtual ~WordsSource() = default;
        virtual Words words() const = 0;
        virtual std::string name() const = 0; ///< of the entity, for people
    };
    /// What a step took, or of a share only counted.
    struct Taken {
        const Observation &seen;
        const EntityKey &entity;
        const WordsSource &source;
        std::uint8_t step = 0;
        bool fulfils = true; ///< false: it counts for the share only
    };

    /// `names` outlives it.
    RuleState(const Rule &rule, const Names &names, FindingSink &sink, std::int64_t updateEveryNs);

    const Rule &rule() const noexcept { return *m_rule; }
    /// Whether something of the rule may come of it where there is nothing yet.
    static bool begins(const Step &step, bool fulfils) noexcept;
    /// Whether it is evidence of something now: it is not where nothing waits for it, or where it came too late.
    bool take(const Taken &taken);
    /// After all that the rule's steps took of one observation: so that what it tells counts with all of them. What was taken must still be there.
    void judgeTaken();
    bool hasTaken() const noexcept { return !m_pending.empty(); } ///< and not judged yet
    void advance(std::int64_t nowNs);
    /// What there is of `was` belongs to `now`, which is of `origin` and of the workload `owner`. Together they may be enough.
    void amend(const EntityName &was, const EntityName &now, const wire::Origin &origin, std::uint16_t owner);
    /// The candidate that would be forgotten next; insights that are out go last. False: there is none.
    bool evictOne();
    /// All that is open ends.
    void expireAll(std::int64_t nowNs);
    /// The rule is another object with the same digest.
    void setRule(const Rule &rule) noexcept { m_rule = &rule; }
    std::size_t size() const noexcept { return m_candidates.size(); }
    RuleCounters counters() const;

    RuleCounters count; ///< what the engine counts for it, too

private:
    using Key = std::uint64_t;
    using Candidates = std::unordered_map<Key, Candidate>;
    using Due = std::pair<std::int64_t, Key>;

    Key keyOf(const EntityKey &entity) const;
    void forget(Candidates::iterator at);
    void unqueue(Key key);
    /// And whether it is new: then it has no name yet.
    std::pair<Candidates::iterator, bool> findOrMake(const EntityKey &entity);
    /// What makes a candidate be judged: whose it is, and when and where.
    struct Cause {
        EntityKey entity;
        std::int64_t timeNs;
        const wire::Origin &origin;
    };
    void judge(Key key, Candidate &candidate, const Cause &cause);
    struct Pending {
        Key key = 0;
        EntityKey entity;
        std::int64_t timeNs = 0;
        const wire::Origin *origin = nullptr;
    };
    void open(Key key, Candidate &candidate, const Standing &standing, const Cause &cause);
    void grow(Key key, Candidate &candidate, const Standing &standing, std::int64_t timeNs);
    void noteUntold(Candidate &candidate, std::uint32_t steps);
    void join(Candidate &there, Candidate &moved);
    void end(Candidate &candidate, wire::InsightState state, std::int64_t nowNs);
    void tell(const Candidate &candidate, wire::InsightState state, std::int64_t nowNs);
    void queue(Key key, Candidate &candidate);
    void noteGrowth(Key key, OpenInsight &insight);
    void tellGrowth(std::int64_t nowNs);
    std::int64_t deadlineOf(const Candidate &candidate) const noexcept;

    const Rule *m_rule;
    const Names &m_names;
    FindingSink &m_sink;
    std::int64_t m_updateEveryNs;
    Candidates m_candidates;
    std::priority_queue<Due, std::deque<Due>, std::greater<>> m_queue; ///< by deadline; one of each candidate; a deque has no spare half
    std::vector<Key> m_grown;                                          ///< candidates that are out, with evidence that was not told yet
    std::vector<Pending> m_pending;                                    ///< candidates with evidence of the observation at hand
    AssessRoom m_room;
};

} // namespace tapio::correlation
