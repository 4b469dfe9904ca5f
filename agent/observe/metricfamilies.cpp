// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/observe/metricfamilies.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <prometheus/text_serializer.h>

#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostLabelBytes = 200;

} // namespace

MetricFamilies &MetricFamilies::begin(prometheus::MetricType type, const char *name, const char *help)
{
    m_families.push_back({name, help, type, {}});
    return *this;
}

MetricFamilies &MetricFamilies::counter(const char *name, const char *help) { return begin(prometheus::MetricType::Counter, name, help); }

MetricFamilies &MetricFamilies::gauge(const char *name, const char *help) { return begin(prometheus::MetricType::Gauge, name, help); }

MetricFamilies &MetricFamilies::add(double value, Labels labels)
{
    for (auto &label : labels)
        label.value = wire::toLine(label.value, mostLabelBytes);
    prometheus::MetricFamily &family = m_families.back();
    const bool isThere =
        std::any_of(family.metric.begin(), family.metric.end(), [&](const auto &series) { return series.label == labels; });
    if (isThere)
        return *this;
    prometheus::ClientMetric series;
    series.label = std::move(labels);
    (family.type == prometheus::MetricType::Counter ? series.counter.value : series.gauge.value) = value;
    family.metric.push_back(std::move(series));
    return *this;
}

std::string MetricFamilies::text() const
{
    std::vector<prometheus::MetricFamily> filled;
    std::copy_if(m_families.begin(), m_families.end(), std::back_inserter(filled),
                 [](const auto &family) { return !family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(filled);
}

} // namespace tapio::agent
