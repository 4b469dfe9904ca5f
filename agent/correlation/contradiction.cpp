// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/contradiction.h"

#include <algorithm>
#include <limits>
#include <string>

#include "agent/correlation/predicate.h"

namespace tapio::correlation {

namespace {

bool isSameField(const Predicate &a, const Predicate &b) { return a.field.read == b.field.read && a.field.index == b.field.index; }

Value valueOf(double number) { return {ValueKind::Number, number, {}}; }
Value valueOf(const std::string &text) { return {ValueKind::Text, 0, text}; }

/// Of the values that `named` asks for by name, whether one fulfils all conditions on its field.
template <typename Named> bool hasOne(const std::vector<Named> &named, const std::vector<const Predicate *> &conditions)
{
    return std::any_of(named.begin(), named.end(), [&](const Named &value) {
        return std::all_of(conditions.begin(), conditions.end(), [&](const Predicate *one) { return allows(*one, valueOf(value)); });
    });
}

bool hasRange(const std::vector<const Predicate *> &conditions)
{
    double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
    for (const Predicate *one : conditions) {
        const bool isLow = one->comparison == Comparison::AtLeast || one->comparison == Comparison::Above;
        const bool isHigh = one->comparison == Comparison::AtMost || one->comparison == Comparison::Below;
        low = isLow ? std::max(low, one->numbers.front()) : low;
        high = isHigh ? std::min(high, one->numbers.front()) : high;
    }
    // Where one number is left, it must be one that all let through.
    return low < high || (low == high && hasOne(std::vector<double>{low}, conditions));
}

bool canBeFulfilled(const std::vector<const Predicate *> &conditions)
{
    for (const Predicate *one : conditions) {
        if (one->comparison != Comparison::Equal && one->comparison != Comparison::OneOf)
            continue;
        if (one->field.kind == ValueKind::Text ? !hasOne(one->texts, conditions) : !hasOne(one->numbers, conditions))
            return false;
    }
    const auto begins = [](const Predicate *one) { return one->comparison == Comparison::BeginsWith; };
    for (const Predicate *a : conditions) {
        for (const Predicate *b : conditions) {
            if (begins(a) && begins(b) && !a->texts.front().starts_with(b->texts.front())
                && !b->texts.front().starts_with(a->texts.front()))
                return false;
        }
    }
    return conditions.front()->field.kind == ValueKind::Text || hasRange(conditions);
}

} // namespace

bool canBeFulfilled(const std::vector<Predicate> &where)
{
    return std::all_of(where.begin(), where.end(), [&where](const Predicate &first) {
        std::vector<const Predicate *> conditions;
        for (const Predicate &other : where) {
            if (isSameField(first, other))
                conditions.push_back(&other);
        }
        return canBeFulfilled(conditions);
    });
}

} // namespace tapio::correlation
