// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/replay/labels.h"
#include "protocol/wire/event.h"

namespace tapio::replay {

/// What rules are to say of a drill.
struct DrillTruth {
    std::string_view drill;
    std::vector<std::string> expected; ///< none: there is no rule for this yet
    std::vector<std::string> also;
    std::int64_t lastsNs = 0;                   ///< a run of at least so long, others count as above ...
    std::vector<std::string> expectedThen = {}; ///< ... must be found by these, too
    std::vector<std::string> onThreeNodes = {}; ///< as Label's
};
/// Of every drill of agent/drill; nullptr for a name that is none.
const DrillTruth *truthOf(std::string_view drill);

/// One run of a drill, as its labels tell it.
struct DrillRun {
    wire::DrillLabel label; ///< the last one, with the latest end; 0 = it has not ended
    std::string node;
    bool hasFailed = false; ///< nothing was seen to happen

    void add(const wire::DrillLabel &told);
};
/// What is to be found of it; nothing for a drill that is not known here, and where nothing happened. It has ended, or ended at `endNs`.
std::optional<Label> labelOf(const DrillRun &run, std::int64_t endNs);

/// Gathers what the drills themselves say in the stream: label by label as it comes. One thread.
///
/// A label carries the signature of the agent that passed it on; one without is believed by nobody and counted. That it is
/// the agent's own key was checked where the stream was taken in, which a recording has no certificates for: who can write the file can write the labels.
class DrillLabels {
public:
    void onEvent(const wire::Event &event, const std::string &node);
    /// What still ran when the recording ended, ended with it. Of a drill whose fault was not seen to happen there is no label.
    std::vector<Label> take(std::int64_t endNs);

    std::uint64_t unsignedLabels() const noexcept { return m_unsigned; }
    std::uint64_t refusedLabels() const noexcept { return m_refused; } ///< of a time that is none, or of more runs than are kept
    /// Drills that are not known here, or in which nothing happened: nobody knows what is to be found.
    const std::vector<std::string> &untold() const noexcept { return m_untold; }

private:
    std::map<std::pair<std::string, std::uint64_t>, DrillRun> m_runs; ///< by node and run
    std::vector<std::string> m_untold;
    std::uint64_t m_unsigned = 0, m_refused = 0;
};

} // namespace tapio::replay
