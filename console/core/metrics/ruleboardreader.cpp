// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/ruleboardreader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "console/core/metrics/proofsreader.h"

namespace tapio::console {

namespace {

constexpr std::int64_t minuteNs = 60 * nsPerSecond;
constexpr std::int64_t readingNs = 10 * nsPerSecond;
constexpr std::int64_t steps = 4; ///< of a range: of a rule that began anew within one of them some counts are missing
constexpr std::size_t mostVerdicts = 20'000;

struct Part {
    std::int64_t fromNs, toNs, stepNs;
};

/// From the minute before, in which is what counts grow from, since engines tell every ten seconds. What is between whole minutes is read as a few
/// large steps, the ends are read as they are.
std::vector<Part> partsOf(std::int64_t fromNs, std::int64_t toNs)
{
    const std::int64_t endNs = toNs + 1;
    const std::int64_t first = (fromNs / minuteNs + 1) * minuteNs, last = endNs / minuteNs * minuteNs;
    if (last - first < steps * minuteNs)
        return {{fromNs - minuteNs, endNs, readingNs}};
    const std::int64_t stepNs = ((last - first) / minuteNs + steps - 1) / steps * minuteNs;
    return {{fromNs - minuteNs, first, readingNs}, {first, last, stepNs}, {last, endNs, readingNs}};
}

} // namespace

Result<RuleBoard> readRuleBoard(const StoreReader &reader, std::vector<RuleFacts> known, SuiteScore suite, std::int64_t fromNs,
                                std::int64_t toNs, const std::stop_token &stop)
{
    RuleBoardMaker maker(std::move(known), fromNs, toNs);
    for (const Part &part : partsOf(fromNs, toNs)) {
        const auto readings = reader.ruleCounters(part.fromNs, part.toNs, part.stepNs, stop);
        if (!readings)
            return fail(readings.error());
        for (const StoreReader::StoredCounters &reading : *readings)
            maker.onReading(reading);
    }
    const auto verdicts = reader.verdicts(mostVerdicts);
    if (!verdicts)
        return fail(verdicts.error());
    const auto proofs = readProofs(reader, toNs, stop);
    if (!proofs)
        return fail(proofs.error());
    const VerdictBook book(*verdicts);
    return maker.make(proofs->report(toNs, book), book, std::move(suite));
}

} // namespace tapio::console
