// SPDX-License-Identifier: GPL-3.0-or-later
// Queries of anybody: what is read is evaluated over a few series, at one time and over a range of times.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "console/core/promql/parser.h"
#include "tests/fuzz/promise.h"
#include "tests/promql/memorysource.h"

using namespace tapio;
using namespace tapio::promql;
using tapio::test::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const test::MemorySource source(
        "a{b=\"c\"} 0+1x20\na{b=\"d\"} 5 stale _ NaN +Inf 1x10\nle{le=\"1\"} 0+1x9\nle{le=\"+Inf\"} 0+2x9\n");
    const std::string_view query(reinterpret_cast<const char *>(data), size);
    const auto parsed = parseQuery(query);
    if (!parsed) {
        promise(parsed.error().at.from <= parsed.error().at.to && parsed.error().at.to <= query.size() && !parsed.error().text.empty());
        promise(!parsed.error().located(query).empty());
        return 0;
    }
    promise((*parsed)->depth <= deepest);
    QueryOptions options;
    options.mostSamples = 20'000; // subqueries of long ranges and short steps are refused instead of being waited for
    if (const auto result = evaluateAt(**parsed, 300'000, source, options)) {
        for (const ResultSeries &series : result->series)
            promise(!series.samples.empty());
    }
    if (const auto result = evaluateRange(**parsed, {0, 600'000, 60'000}, source, options)) {
        for (const ResultSeries &series : result->series) {
            std::int64_t before = -1;
            for (const Sample &sample : series.samples) {
                promise(sample.timeMs > before && sample.timeMs <= 600'000 && !isStale(sample.value));
                before = sample.timeMs;
            }
        }
    }
    return 0;
}
