// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "console/core/promql/numbertext.h"

namespace tapio::promql {

namespace {

constexpr std::string_view boundLabel = "le";
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

struct Bucket {
    double upperBound;
    double count; ///< of all up to there
};

/// Of several with one bound: their sum.
void joinEqual(std::vector<Bucket> &buckets)
{
    std::size_t kept = 0;
    for (std::size_t i = 1; i < buckets.size(); ++i) {
        if (buckets[i].upperBound == buckets[kept].upperBound)
            buckets[kept].count += buckets[i].count;
        else
            buckets[++kept] = buckets[i];
    }
    buckets.resize(kept + 1);
}

/// Counts that fall from one bucket to the next were read at different times: none is less than the one before.
void makeRising(std::vector<Bucket> &buckets)
{
    double most = buckets.front().count;
    for (Bucket &bucket : buckets) {
        if (bucket.count > most)
            most = bucket.count;
        else if (bucket.count < most)
            bucket.count = most;
    }
}

double quantile(double which, std::vector<Bucket> &buckets)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (std::isnan(which))
        return notANumber;
    if (which < 0 || which > 1)
        return which < 0 ? -infinity : infinity;
    std::sort(buckets.begin(), buckets.end(), [](const Bucket &a, const Bucket &b) { return a.upperBound < b.upperBound; });
    if (buckets.back().upperBound != infinity)
        return notANumber;
    joinEqual(buckets);
    makeRising(buckets);
    if (buckets.size() < 2 || buckets.back().count == 0)
        return notANumber;
    double rank = which * buckets.back().count;
    const auto found = std::find_if(buckets.begin(), buckets.end() - 1, [rank](const Bucket &one) { return one.count >= rank; });
    if (found == buckets.end() - 1)
        return buckets[buckets.size() - 2].upperBound;
    if (found == buckets.begin() && found->upperBound <= 0)
        return found->upperBound;
    double start = 0, count = found->count;
    if (found != buckets.begin()) {
        start = (found - 1)->upperBound;
        count -= (found - 1)->count;
        rank -= (found - 1)->count;
    }
    return start + (found->upperBound - start) * (rank / count);
}

struct Histogram {
    Labels labels;
    std::vector<std::pair<double, std::size_t>> members; ///< upper bound, row
};

std::vector<Histogram> histogramsOf(const Rows &rows)
{
    std::vector<Histogram> all;
    std::unordered_map<Labels, std::size_t> places;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto bound = readNumber(rows[i].labels.get(boundLabel));
        if (!bound || std::isnan(*bound))
            continue;
        Labels labels = rows[i].labels.without({std::string(metricName), std::string(boundLabel)});
        const auto [place, isNew] = places.emplace(labels, all.size());
        if (isNew)
            all.push_back({std::move(labels), {}});
        all[place->second].members.emplace_back(*bound, i);
    }
    return all;
}

} // namespace

Rows histogramQuantiles(const Rows &buckets, const std::vector<double> &which)
{
    Rows out;
    std::vector<Bucket> present;
    for (Histogram &histogram : histogramsOf(buckets)) {
        Row row{std::move(histogram.labels), std::vector<double>(which.size(), absentValue())};
        for (std::size_t i = 0; i < which.size(); ++i) {
            present.clear();
            for (const auto &[bound, member] : histogram.members) {
                if (!isAbsent(buckets[member].values[i]))
                    present.push_back({bound, buckets[member].values[i]});
            }
            if (!present.empty())
                row.values[i] = quantile(which[i], present);
        }
        out.push_back(std::move(row));
    }
    dropEmpty(out);
    return out;
}

} // namespace tapio::promql
