// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

namespace tapio::agent {

/// Metric families while they are made; each series goes to the family begun last. Label values are cut to 200 bytes of valid UTF-8: a single
/// bad byte would cost the whole scrape.
class MetricFamilies {
public:
    using Labels = std::vector<prometheus::ClientMetric::Label>;

    MetricFamilies &counter(const char *name, const char *help);
    MetricFamilies &gauge(const char *name, const char *help);
    /// A second series of the same labels is left out: Prometheus refuses such a scrape.
    MetricFamilies &add(double value, Labels labels = {});
    MetricFamilies &add(std::uint64_t value, Labels labels = {}) { return add(static_cast<double>(value), std::move(labels)); }
    template <typename T> MetricFamilies &add(const std::optional<T> &value) { return value ? add(*value) : *this; }
    /// Families without a series are left out.
    std::string text() const;

private:
    MetricFamilies &begin(prometheus::MetricType type, const char *name, const char *help);

    std::vector<prometheus::MetricFamily> m_families;
};

} // namespace tapio::agent
