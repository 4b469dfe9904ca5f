// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "console/core/promql/query.h"

namespace tapio::test {

/// Samples of a test's choosing, in memory.
class MemorySource final : public promql::SampleSource {
public:
    /// Lines of a selector and values at equal distances from 0 on: `up{job="a"} 1 2 _ stale NaN +Inf 0+10x5`. `_` is no sample, `0+10x5` is
    /// 0, 10, 20, 30, 40, 50 and `7x3` is 7, 7, 7, 7. A test that cannot be read ends.
    explicit MemorySource(std::string_view lines, std::int64_t stepMs = 60'000);
    explicit MemorySource(std::vector<promql::ResultSeries> series) : m_series(std::move(series)) {}

    Status select(const promql::Selection &selection, const Take &take, std::stop_token stop) const override;
    const std::vector<promql::ResultSeries> &series() const noexcept { return m_series; }

private:
    std::vector<promql::ResultSeries> m_series;
};

/// One line a series: `up{job="a"} 3`, of several samples `up{job="a"} 3@0 4@60`, times in seconds; of a string its text.
std::string text(const promql::QueryResult &result);

} // namespace tapio::test
