// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/aggregation.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "console/core/promql/arithmetic.h"
#include "console/core/promql/numbertext.h"

namespace tapio::promql {

namespace {

struct Group {
    Labels labels;
    std::vector<std::size_t> members; ///< of rows
};

/// The labels that a group has, of those of one of its members.
class Grouping {
public:
    explicit Grouping(const Aggregate &aggregate) : m_names(aggregate.grouping), m_isWithout(aggregate.isWithout)
    {
        if (m_isWithout)
            m_names.insert(std::lower_bound(m_names.begin(), m_names.end(), metricName), std::string(metricName));
    }
    Labels of(const Labels &labels) const { return m_isWithout ? labels.without(m_names) : labels.only(m_names); }

private:
    std::vector<std::string> m_names; ///< sorted
    bool m_isWithout;
};

std::vector<Group> grouped(const Aggregate &aggregate, const Rows &rows)
{
    const Grouping grouping(aggregate);
    std::vector<Group> groups;
    std::unordered_map<Labels, std::size_t> places;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Labels labels = grouping.of(rows[i].labels);
        const auto [place, isNew] = places.emplace(labels, groups.size());
        if (isNew)
            groups.push_back({std::move(labels), {}});
        groups[place->second].members.push_back(i);
    }
    return groups;
}

/// Calls `add(step, value, n)` for each value, n = how many of the group came before at that step. Where none came the result is absent.
template <typename Add> std::vector<std::size_t> eachValue(const Group &group, const Rows &rows, std::size_t steps, Add add)
{
    std::vector<std::size_t> counts(steps, 0);
    for (const std::size_t member : group.members) {
        const std::vector<double> &values = rows[member].values;
        for (std::size_t i = 0; i < steps; ++i) {
            if (!isAbsent(values[i]))
                add(i, values[i], counts[i]++);
        }
    }
    return counts;
}

void blankWhereNone(std::vector<double> &values, const std::vector<std::size_t> &counts)
{
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (counts[i] == 0)
            values[i] = absentValue();
    }
}

std::vector<double> summed(const Group &group, const Rows &rows, std::size_t steps)
{
    std::vector<double> out(steps, 0);
    blankWhereNone(out, eachValue(group, rows, steps, [&](std::size_t i, double value, std::size_t) { out[i] += value; }));
    return out;
}

std::vector<double> averaged(const Group &group, const Rows &rows, std::size_t steps)
{
    std::vector<double> out(steps, 0);
    blankWhereNone(out, eachValue(group, rows, steps, [&](std::size_t i, double value, std::size_t before) {
                       const auto n = static_cast<double>(before + 1);
                       if (before == 0)
                           out[i] = value;
                       else if (!isMeanSettled(out[i], value))
                           out[i] += value / n - out[i] / n;
                   }));
    return out;
}

std::vector<double> extreme(const Group &group, const Rows &rows, std::size_t steps, bool isMaximum)
{
    std::vector<double> out(steps, 0);
    blankWhereNone(out, eachValue(group, rows, steps, [&](std::size_t i, double value, std::size_t before) {
                       if (before == 0 || std::isnan(out[i]) || (isMaximum ? value > out[i] : value < out[i]))
                           out[i] = value;
                   }));
    return out;
}

std::vector<double> counted(const Group &group, const Rows &rows, std::size_t steps, bool isGroup)
{
    std::vector<double> out(steps, 0);
    blankWhereNone(out, eachValue(group, rows, steps, [&](std::size_t i, double, std::size_t before) {
                       out[i] = isGroup ? 1 : static_cast<double>(before + 1);
                   }));
    return out;
}

/// Welford's, as Prometheus has it.
std::vector<double> spread(const Group &group, const Rows &rows, std::size_t steps, bool isDeviation)
{
    std::vector<double> out(steps, 0), means(steps, 0);
    const auto counts = eachValue(group, rows, steps, [&](std::size_t i, double value, std::size_t before) {
        if (before == 0) {
            means[i] = value;
            return;
        }
        const double off = value - means[i];
        means[i] += off / static_cast<double>(before + 1);
        out[i] += off * (value - means[i]);
    });
    for (std::size_t i = 0; i < steps; ++i) {
        if (counts[i] > 0)
            out[i] /= static_cast<double>(counts[i]);
        if (isDeviation)
            out[i] = std::sqrt(out[i]);
    }
    blankWhereNone(out, counts);
    return out;
}

std::vector<double> quantiles(const Group &group, const Rows &rows, const std::vector<double> &which, std::size_t steps)
{
    std::vector<double> out(steps, absentValue()), present;
    for (std::size_t i = 0; i < steps; ++i) {
        present.clear();
        for (const std::size_t member : group.members) {
            if (!isAbsent(rows[member].values[i]))
                present.push_back(rows[member].values[i]);
        }
        if (!present.empty())
            out[i] = quantileOf(which[i], present);
    }
    return out;
}

std::vector<double> one(const Aggregate &aggregate, const Group &group, const Rows &rows, const std::vector<double> &parameter,
                        std::size_t steps)
{
    using Op = AggregateOperator;
    switch (aggregate.op) {
    case Op::Avg: return averaged(group, rows, steps);
    case Op::Count: return counted(group, rows, steps, false);
    case Op::Group: return counted(group, rows, steps, true);
    case Op::Min: return extreme(group, rows, steps, false);
    case Op::Max: return extreme(group, rows, steps, true);
    case Op::Stddev: return spread(group, rows, steps, true);
    case Op::Stdvar: return spread(group, rows, steps, false);
    case Op::Quantile: return quantiles(group, rows, parameter, steps);
    default: return summed(group, rows, steps);
    }
}

/// A k of more than there can be series is all of them.
Result<std::size_t> wholeK(double k)
{
    if (!(std::abs(k) <= 9.2e18))
        return fail(Errc::InvalidArgument, "topk() and bottomk() take a whole number of series, not " + numberText(k));
    return k < 1 ? 0 : static_cast<std::size_t>(k);
}

/// Puts the k highest (or lowest) of the members that have a value at this step first, by rank; NaN comes last. Returns how many there are.
std::size_t rank(std::vector<std::size_t> &members, const Rows &rows, std::size_t step, std::size_t k, bool isTop)
{
    const auto value = [&](std::size_t member) { return rows[member].values[step]; };
    const auto end = std::partition(members.begin(), members.end(), [&](std::size_t member) { return !isAbsent(value(member)); });
    const auto wanted = static_cast<std::ptrdiff_t>(std::min(k, static_cast<std::size_t>(end - members.begin())));
    std::partial_sort(members.begin(), members.begin() + wanted, end, [&](std::size_t a, std::size_t b) {
        const double left = value(a), right = value(b);
        if (std::isnan(left) || std::isnan(right))
            return std::isnan(left) == std::isnan(right) ? a < b : std::isnan(right);
        if (left != right)
            return isTop ? left > right : left < right;
        return a < b;
    });
    return static_cast<std::size_t>(wanted);
}

Result<Rows> ranked(const Aggregate &aggregate, const Rows &rows, const std::vector<double> &parameter, std::size_t steps, Budget &budget)
{
    const bool isTop = aggregate.op == AggregateOperator::TopK;
    std::vector<std::size_t> counts;
    for (const double k : parameter) {
        const Result<std::size_t> whole = wholeK(k);
        if (!whole)
            return fail(whole.error());
        counts.push_back(*whole);
    }
    Rows out;
    std::unordered_map<std::size_t, std::size_t> places; // of a row among those of the result
    for (Group &group : grouped(aggregate, rows)) {
        for (std::size_t i = 0; i < steps; ++i) {
            const std::size_t count = rank(group.members, rows, i, counts[i], isTop);
            for (std::size_t r = 0; r < count; ++r) {
                const std::size_t member = group.members[r];
                const auto [place, isNew] = places.emplace(member, out.size());
                if (isNew) {
                    if (Status fits = budget.take(steps); !fits)
                        return fail(fits.error());
                    out.push_back({rows[member].labels, std::vector<double>(steps, absentValue())});
                }
                out[place->second].values[i] = rows[member].values[i];
            }
        }
    }
    return out;
}

/// A value becomes a label before series are grouped, so it is one of what is grouped by, or of what is left out.
Result<Rows> valueCounts(const Aggregate &aggregate, const Rows &rows, std::size_t steps, Budget &budget)
{
    const std::string &label = bare(*aggregate.parameter).as<StringLiteral>()->text;
    const Grouping grouping(aggregate);
    const bool isKept = !aggregate.isWithout && !std::binary_search(aggregate.grouping.begin(), aggregate.grouping.end(), label);
    Rows out;
    std::unordered_map<Labels, std::size_t> places;
    for (const Row &row : rows) {
        for (std::size_t i = 0; i < steps; ++i) {
            if (isAbsent(row.values[i]))
                continue;
            const std::string text = numberText(row.values[i]);
            Labels labels = grouping.of(row.labels.with(label, text));
            if (isKept) // "by" keeps the value as well, whether or not it names it
                labels = labels.with(label, text);
            const auto [place, isNew] = places.emplace(labels, out.size());
            if (isNew) {
                if (Status fits = budget.take(steps); !fits)
                    return fail(fits.error());
                out.push_back({std::move(labels), std::vector<double>(steps, absentValue())});
            }
            double &count = out[place->second].values[i];
            count = isAbsent(count) ? 1 : count + 1;
        }
    }
    return out;
}

} // namespace

Result<Rows> aggregated(const Aggregate &aggregate, const Rows &rows, const std::vector<double> &parameter, std::size_t steps,
                        Budget &budget)
{
    if (aggregate.op == AggregateOperator::TopK || aggregate.op == AggregateOperator::BottomK)
        return ranked(aggregate, rows, parameter, steps, budget);
    if (aggregate.op == AggregateOperator::CountValues)
        return valueCounts(aggregate, rows, steps, budget);
    Rows out;
    for (const Group &group : grouped(aggregate, rows)) {
        if (Status fits = budget.take(steps); !fits)
            return fail(fits.error());
        out.push_back({group.labels, one(aggregate, group, rows, parameter, steps)});
    }
    return out;
}

} // namespace tapio::promql
