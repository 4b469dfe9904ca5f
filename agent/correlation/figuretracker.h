// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/correlation/figures.h"
#include "protocol/wire/sample.h"

namespace tapio::correlation {

/// Works facts out of one node's samples: what grows and when it is full, who is throttled, what is slower or more than usual. Each half
/// minute of the samples' time, for each cgroup. What is usual is its own; until that is known, that of all containers of the same name of its workload on the
/// node, which is kept until six hours after the last of them. Bounded: of too many cgroups those go that were sampled longest ago. One thread.
class FigureTracker {
public:
    /// `most` cgroups are followed; above 0.
    explicit FigureTracker(std::size_t most);
    ~FigureTracker();
    FigureTracker(FigureTracker &&) noexcept;
    FigureTracker &operator=(FigureTracker &&) noexcept;

    struct Fact {
        Topic topic = Topic::None;
        std::uint32_t origin = 0; ///< index into the batch's
        FigureSet figures;        ///< texts refer to the tracker, until its next call
    };
    /// What is known from this batch on. A batch whose time is before that of an earlier one is taken for what it says of later ones.
    std::vector<Fact> onSamples(const wire::SampleBatch &batch);
    std::size_t size() const noexcept { return m_subjects.size(); }

    static constexpr std::int64_t everyNs = 30'000'000'000;

private:
    struct Usual;
    struct Subject;
    std::shared_ptr<Usual> alikeOf(const wire::Origin &origin);
    Subject *subjectOf(const wire::Origin &origin, std::int64_t timeNs);
    void makeRoom(std::int64_t timeNs);

    std::size_t m_most;
    std::unordered_map<std::uint64_t, std::unique_ptr<Subject>> m_subjects;
    std::unordered_map<std::uint64_t, std::shared_ptr<Usual>> m_usual; ///< of workloads
    std::vector<std::unique_ptr<Subject>> m_gone;                      ///< that facts of the last batch may refer to
    double m_cpus;
    std::int64_t m_lookedNs = 0; ///< for what is gone
};

} // namespace tapio::correlation
