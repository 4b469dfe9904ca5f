// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/samplewriter.h"

#include <limits>
#include <utility>

namespace tapio::agent {

namespace {

// About 200 KB in a frame, whose limit is 1 MiB.
constexpr std::size_t maxOrigins = 256;
constexpr std::size_t maxSamples = 8192;
constexpr std::size_t maxHistograms = 512;
constexpr std::size_t maxLabelBytes = 1024;

} // namespace

void SampleWriter::add(const OriginPtr &origin, wire::Metric metric, std::optional<std::uint64_t> value, std::string_view label)
{
    if (!value || *value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return;
    if (m_batch.samples.size() >= maxSamples)
        cut();
    const std::uint32_t index = originIndex(origin);
    m_batch.samples.push_back({metric, index, labelIndex(label), static_cast<std::int64_t>(*value)});
}

void SampleWriter::add(const OriginPtr &origin, wire::HistogramKind kind, std::string_view label,
                       const std::array<std::uint64_t, wire::histogramBuckets> &counts)
{
    if (m_batch.histograms.size() >= maxHistograms)
        cut();
    const std::uint32_t index = originIndex(origin);
    m_batch.histograms.push_back({kind, index, labelIndex(label), counts});
}

std::uint32_t SampleWriter::originIndex(const OriginPtr &origin)
{
    if (const auto known = m_origins.find(origin); known != m_origins.end())
        return known->second;
    if (m_batch.origins.size() >= maxOrigins)
        cut();
    const auto index = static_cast<std::uint32_t>(m_batch.origins.size());
    m_batch.origins.push_back(*origin);
    // Events tell what runs in a container; in samples, which come every other second of each, it would be most of the bytes.
    m_batch.origins.back().image.clear();
    m_batch.origins.back().imageId.clear();
    m_origins.emplace(origin, index);
    return index;
}

std::uint32_t SampleWriter::labelIndex(std::string_view label)
{
    label = label.substr(0, maxLabelBytes);
    if (label.empty())
        return 0;
    if (const auto known = m_labels.find(label); known != m_labels.end())
        return known->second;
    const auto index = static_cast<std::uint32_t>(m_batch.labels.size());
    m_batch.labels.emplace_back(label);
    m_labels.emplace(label, index);
    return index;
}

void SampleWriter::cut()
{
    m_batch.timeNs = m_timeNs;
    m_done.push_back(std::exchange(m_batch, {}));
    m_origins.clear();
    m_labels.clear();
}

std::vector<wire::SampleBatch> SampleWriter::take()
{
    if (!m_batch.samples.empty() || !m_batch.histograms.empty())
        cut();
    return std::exchange(m_done, {});
}

} // namespace tapio::agent
