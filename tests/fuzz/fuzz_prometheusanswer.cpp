// SPDX-License-Identifier: GPL-3.0-or-later
// Answers of any server: what is read keeps the promises that views of it rest on.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "console/core/sources/prometheusanswer.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using namespace tapio::console;
using tapio::test::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    constexpr std::size_t most = 100;
    const auto answer = readPrometheusAnswer({reinterpret_cast<const char *>(data), size}, most);
    if (!answer) {
        promise(!answer.error().context().empty());
        promise(answer.error().code() == Errc::Malformed || answer.error().code() == Errc::NoSpace);
        return 0;
    }
    promise(answer->warnings.size() <= mostWarnings + 2);
    std::size_t samples = 0;
    for (const promql::ResultSeries &series : answer->result.series) {
        promise(answer->result.type != promql::ValueType::Vector || series.samples.size() == 1);
        for (std::size_t i = 1; i < series.samples.size(); ++i)
            promise(series.samples[i - 1].timeMs < series.samples[i].timeMs);
        samples += series.samples.size();
    }
    promise(samples <= most);
    return 0;
}
