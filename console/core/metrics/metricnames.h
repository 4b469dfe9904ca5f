// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "console/core/promql/labels.h"
#include "console/core/store/store.h"

/// What stored series are called in PromQL. Where cAdvisor, the kubelet or the node exporter measure the same, it has their name, labels and unit, so
/// that a query made for them is answered here; the rest begins with "tapio_". Units are the base ones: seconds, bytes, ratios.
namespace tapio::console {

struct NamedSeries {
    promql::Labels labels; ///< with the name
    double divisor = 1; ///< from what is stored to the unit that the name says; a division is rounded rightly where a factor of 1e-9 is not
};
NamedSeries nameSeries(const StoredSeries &series);

/// Names that series of one kind and code may have; what is stored of a histogram's bucket is "NAME_bucket", not yet added up. A figure's code is its name.
std::vector<std::string> namesOf(SeriesKind kind, std::int64_t code);
/// Upper bounds of a histogram's buckets in seconds, as the label "le" has them; the last is "+Inf".
const std::vector<std::string> &histogramBounds();

/// All that stored series may be called, and the names of their labels, for somebody who writes a query; sorted, each once.
std::vector<std::string> knownMetricNames();
std::vector<std::string> knownLabelNames();

} // namespace tapio::console
