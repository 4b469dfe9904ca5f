// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/binary.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <unordered_map>

namespace tapio::promql {

namespace {

using Members = std::vector<std::size_t>; ///< rows of one side
using Groups = std::unordered_map<Labels, Members>;

/// What of a series' labels says which series of the other side it belongs to.
class Signatures {
public:
    explicit Signatures(const Matching &matching) : m_names(matching.labels), m_isOn(matching.isOn)
    {
        if (!m_isOn)
            m_names.insert(std::lower_bound(m_names.begin(), m_names.end(), metricName), std::string(metricName));
    }
    Labels of(const Labels &labels) const { return m_isOn ? labels.only(m_names) : labels.without(m_names); }

    Groups groups(const Rows &rows) const
    {
        Groups all;
        all.reserve(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
            all[of(rows[i].labels)].push_back(i);
        return all;
    }

private:
    std::vector<std::string> m_names; ///< sorted
    bool m_isOn;
};

bool dropsName(BinaryOperator op) noexcept
{
    switch (op) {
    case BinaryOperator::Add:
    case BinaryOperator::Subtract:
    case BinaryOperator::Multiply:
    case BinaryOperator::Divide:
    case BinaryOperator::Modulo:
    case BinaryOperator::Power: return true;
    default: return false; // of atan2 as well: as Prometheus 2.42 has it
    }
}

/// What a pair comes to: the left value where a comparison holds, nothing where not.
double element(const Binary &binary, double left, double right, double kept) noexcept
{
    const double result = arithmetic(binary.op, left, right);
    if (!isComparison(binary.op) || binary.returnsBool)
        return result;
    return result != 0 ? kept : absentValue();
}

bool isAnyThere(const Rows &rows, const Members &members, std::size_t step)
{
    for (const std::size_t member : members) {
        if (!isAbsent(rows[member].values[step]))
            return true;
    }
    return false;
}

// --- and, or, unless

/// Takes away what the others' series of the same signature are not there for (or are, where `isKeptIfThere` is false).
Status keepBy(const Matching &matching, Rows &rows, const Rows &others, bool isKeptIfThere, std::size_t steps, Budget &budget)
{
    const Signatures signatures(matching);
    const Groups mine = signatures.groups(rows), theirs = signatures.groups(others);
    const Members none;
    for (const auto &[key, members] : mine) {
        if (Status going = budget.checkStop(); !going)
            return going;
        const auto found = theirs.find(key);
        const Members &against = found == theirs.end() ? none : found->second;
        for (std::size_t i = 0; i < steps; ++i) {
            if (isAnyThere(others, against, i) == isKeptIfThere)
                continue;
            for (const std::size_t member : members)
                rows[member].values[i] = absentValue();
        }
    }
    return {};
}

Result<Rows> setOperation(const Binary &binary, Rows left, Rows right, std::size_t steps, Budget &budget)
{
    const bool isOr = binary.op == BinaryOperator::Or;
    Rows &kept = isOr ? right : left;
    if (Status status = keepBy(binary.matching, kept, isOr ? left : right, binary.op == BinaryOperator::And, steps, budget); !status)
        return fail(status.error());
    if (!isOr) {
        dropEmpty(left);
        return left;
    }
    left.insert(left.end(), std::make_move_iterator(right.begin()), std::make_move_iterator(right.end()));
    dropEmpty(left);
    if (Status merged = mergeSame(left); !merged)
        return fail(merged.error());
    return left;
}

// --- one to one, and many to one

/// The side with many series first, whichever it was.
struct Sides {
    const Rows &many;
    const Rows &one;
    bool areSwapped;
};

Labels resultLabels(const Binary &binary, const Labels &many, const Labels &one)
{
    const Matching &matching = binary.matching;
    Labels labels = dropsName(binary.op) || binary.returnsBool ? many.without(metricName) : many;
    if (matching.group == Matching::Group::OneToOne)
        labels = matching.isOn ? labels.only(matching.labels) : labels.without(matching.labels);
    for (const std::string &name : matching.include)
        labels = labels.with(name, one.get(name));
    return labels;
}

class Pairing {
public:
    Pairing(const Binary &binary, const Sides &sides, std::size_t steps, Budget &budget)
        : m_binary(binary), m_sides(sides), m_signatures(binary.matching), m_steps(steps), m_budget(budget)
    {
        // At a step at which one side has nothing at all, nothing is matched, and nothing refused.
        m_isManyThere = presence(sides.many);
    }

    Result<Rows> run()
    {
        const Groups one = m_signatures.groups(m_sides.one);
        for (const auto &[key, ones] : one) {
            if (Status unique = refuseSeveral(key, ones); !unique)
                return fail(unique.error());
        }
        for (std::size_t i = 0; i < m_sides.many.size(); ++i) {
            const Labels key = m_signatures.of(m_sides.many[i].labels);
            if (const auto found = one.find(key); found != one.end()) {
                if (Status paired = pair(i, key, found->second); !paired)
                    return fail(paired.error());
            }
        }
        if (Status merged = mergeSame(m_out); !merged)
            return fail(merged.error());
        return std::move(m_out);
    }

private:
    std::vector<bool> presence(const Rows &rows) const
    {
        std::vector<bool> there(m_steps, false);
        for (const Row &row : rows) {
            for (std::size_t i = 0; i < m_steps; ++i) {
                if (!isAbsent(row.values[i]))
                    there[i] = true;
            }
        }
        return there;
    }

    Status refuseSeveral(const Labels &key, const Members &ones) const
    {
        if (ones.size() < 2)
            return {};
        for (std::size_t i = 0; i < m_steps; ++i) {
            const Labels *first = nullptr;
            for (const std::size_t member : ones) {
                if (!m_isManyThere[i] || isAbsent(m_sides.one[member].values[i]))
                    continue;
                if (first)
                    return fail(Errc::InvalidArgument, "several series on the " + std::string(m_sides.areSwapped ? "left" : "right")
                                                           + " of \"" + std::string(textOf(m_binary.op)) + "\" match " + key.text() + ": "
                                                           + first->text() + " and " + m_sides.one[member].labels.text()
                                                           + ". Match by more labels, or aggregate that side");
                first = &m_sides.one[member].labels;
            }
        }
        return {};
    }

    /// One series of the many with whichever of the ones is there, step by step.
    Status pair(std::size_t many, const Labels &key, const Members &ones)
    {
        for (const std::size_t other : ones) {
            const Row &left = m_sides.many[many], &right = m_sides.one[other];
            if (Status fits = m_budget.take(m_steps); !fits)
                return fits;
            Row made{resultLabels(m_binary, left.labels, right.labels), std::vector<double>(m_steps, absentValue())};
            for (std::size_t i = 0; i < m_steps; ++i) {
                if (isAbsent(left.values[i]) || isAbsent(right.values[i]))
                    continue;
                made.values[i] = m_sides.areSwapped ? element(m_binary, right.values[i], left.values[i], right.values[i])
                                                    : element(m_binary, left.values[i], right.values[i], left.values[i]);
            }
            if (std::all_of(made.values.begin(), made.values.end(), isAbsent))
                continue;
            if (Status once = refuseAgain(key, made); !once)
                return once;
            m_out.push_back(std::move(made));
        }
        return {};
    }

    /// One to one: a second result of a signature says that the other side has several as well.
    Status refuseAgain(const Labels &key, const Row &made)
    {
        if (m_binary.matching.group != Matching::Group::OneToOne)
            return {};
        std::vector<bool> &taken = m_taken.try_emplace(key, m_steps, false).first->second;
        for (std::size_t i = 0; i < m_steps; ++i) {
            if (isAbsent(made.values[i]))
                continue;
            if (taken[i])
                return fail(Errc::InvalidArgument,
                            "several series on the left of \"" + std::string(textOf(m_binary.op)) + "\" match " + key.text()
                                + ". Match by more labels, or say group_left() where one on the right is for many on the left");
            taken[i] = true;
        }
        return {};
    }

    const Binary &m_binary;
    const Sides &m_sides;
    const Signatures m_signatures;
    std::size_t m_steps;
    Budget &m_budget;
    std::vector<bool> m_isManyThere;
    std::unordered_map<Labels, std::vector<bool>> m_taken;
    Rows m_out;
};

} // namespace

double arithmetic(BinaryOperator op, double left, double right) noexcept
{
    switch (op) {
    case BinaryOperator::Add: return left + right;
    case BinaryOperator::Subtract: return left - right;
    case BinaryOperator::Multiply: return left * right;
    case BinaryOperator::Divide: return left / right;
    case BinaryOperator::Modulo: return std::fmod(left, right);
    case BinaryOperator::Power: return std::pow(left, right);
    case BinaryOperator::Atan2: return std::atan2(left, right);
    case BinaryOperator::Equal: return left == right ? 1 : 0;
    case BinaryOperator::NotEqual: return left != right ? 1 : 0;
    case BinaryOperator::Less: return left < right ? 1 : 0;
    case BinaryOperator::Greater: return left > right ? 1 : 0;
    case BinaryOperator::LessEqual: return left <= right ? 1 : 0;
    case BinaryOperator::GreaterEqual: return left >= right ? 1 : 0;
    default: return std::numeric_limits<double>::quiet_NaN(); // set operators are of vectors alone: typecheck.cpp
    }
}

Result<Rows> withScalar(const Binary &binary, Rows rows, const std::vector<double> &scalars, bool isScalarLeft)
{
    for (Row &row : rows) {
        if (dropsName(binary.op) || binary.returnsBool)
            row.labels = row.labels.without(metricName);
        for (std::size_t i = 0; i < row.values.size(); ++i) {
            double &value = row.values[i];
            if (!isAbsent(value)) // a comparison keeps the vector's value, whichever side it is on
                value = isScalarLeft ? element(binary, scalars[i], value, value) : element(binary, value, scalars[i], value);
        }
    }
    dropEmpty(rows);
    if (Status merged = mergeSame(rows); !merged)
        return fail(merged.error());
    return rows;
}

Result<Rows> combined(const Binary &binary, Rows left, Rows right, std::size_t steps, Budget &budget)
{
    if (isSetOperator(binary.op))
        return setOperation(binary, std::move(left), std::move(right), steps, budget);
    const bool areSwapped = binary.matching.group == Matching::Group::OneToMany;
    const Sides sides{areSwapped ? right : left, areSwapped ? left : right, areSwapped};
    return Pairing(binary, sides, steps, budget).run();
}

} // namespace tapio::promql
