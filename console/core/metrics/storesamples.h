// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/promql/samplesource.h"
#include "console/core/store/store.h"

namespace tapio::console {

/// A query's time as the store's; one beyond what 64 bits of nanoseconds hold is the nearest that they do.
std::int64_t storeTimeNs(std::int64_t timeMs) noexcept;

/// What a store holds, as PromQL sees it: by the names of metricnames.h, histograms added up to cumulative buckets, for which all that match are in memory at once. `reader` outlives it, and is used
/// on the thread that asks.
class StoreSamples final : public promql::SampleSource {
public:
    explicit StoreSamples(const StoreReader &reader) : m_reader(reader) {}

    /// Errors: those of StoreReader::eachSeries.
    Status select(const promql::Selection &selection, const Take &take, std::stop_token stop) const override;

private:
    Status selectPlain(SeriesKind kind, const promql::Selection &selection, const Take &take, bool &isEnough, std::stop_token stop) const;
    Status selectHistograms(const promql::Selection &selection, const Take &take, bool &isEnough, std::stop_token stop) const;

    const StoreReader &m_reader;
};

} // namespace tapio::console
