// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/enrich/originresolver.h"
#include "protocol/wire/sample.h"

namespace tapio::agent {

/// Builds sample batches: each origin and label once, cut where a frame would become too large. One thread.
class SampleWriter {
public:
    /// `timeNs`: the UTC time that all of it was read at.
    explicit SampleWriter(std::int64_t timeNs) : m_timeNs(timeNs) {}

    /// An empty value adds nothing: absence is no data. So does one that does not fit a sample.
    void add(const OriginPtr &origin, wire::Metric metric, std::optional<std::uint64_t> value, std::string_view label = {});
    void add(const OriginPtr &origin, wire::HistogramKind kind, std::string_view label,
             const std::array<std::uint64_t, wire::histogramBuckets> &counts);
    /// All batches, none of them empty.
    std::vector<wire::SampleBatch> take();

private:
    std::uint32_t originIndex(const OriginPtr &origin);
    std::uint32_t labelIndex(std::string_view label);
    void cut();

    std::int64_t m_timeNs;
    wire::SampleBatch m_batch;
    std::unordered_map<OriginPtr, std::uint32_t> m_origins;
    std::map<std::string, std::uint32_t, std::less<>> m_labels;
    std::vector<wire::SampleBatch> m_done;
};

} // namespace tapio::agent
