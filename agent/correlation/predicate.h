// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>

#include "agent/correlation/fields.h"
#include "agent/correlation/rule.h"

namespace tapio::correlation {

/// Of a condition with one number; what is none of numbers is not refused.
inline bool allowsNumber(Comparison comparison, double value, double bound) noexcept
{
    switch (comparison) {
    case Comparison::Equal:
    case Comparison::OneOf: return value == bound;
    case Comparison::NotEqual:
    case Comparison::NoneOf: return value != bound;
    case Comparison::AtLeast: return value >= bound;
    case Comparison::AtMost: return value <= bound;
    case Comparison::Above: return value > bound;
    case Comparison::Below: return value < bound;
    default: return true;
    }
}

/// Whether a value, which is there, is one that the condition asks for. Here since each event is held against many.
inline bool allows(const Predicate &predicate, const Value &value)
{
    const auto anyNumber = [&] {
        return std::find(predicate.numbers.begin(), predicate.numbers.end(), value.number) != predicate.numbers.end();
    };
    const auto anyText = [&] { return std::find(predicate.texts.begin(), predicate.texts.end(), value.text) != predicate.texts.end(); };
    const bool isNumber = value.kind == ValueKind::Number;
    switch (predicate.comparison) {
    case Comparison::Equal:
    case Comparison::OneOf: return isNumber ? anyNumber() : anyText();
    case Comparison::NotEqual:
    case Comparison::NoneOf: return isNumber ? !anyNumber() : !anyText();
    case Comparison::AtLeast:
    case Comparison::AtMost:
    case Comparison::Above:
    case Comparison::Below: return allowsNumber(predicate.comparison, value.number, predicate.numbers.front());
    case Comparison::BeginsWith:
        return std::any_of(predicate.texts.begin(), predicate.texts.end(), [&](const auto &text) { return value.text.starts_with(text); });
    case Comparison::EndsWith:
        return std::any_of(predicate.texts.begin(), predicate.texts.end(), [&](const auto &text) { return value.text.ends_with(text); });
    case Comparison::Contains:
        return std::any_of(predicate.texts.begin(), predicate.texts.end(),
                           [&](const auto &text) { return value.text.find(text) != std::string_view::npos; });
    }
    return false;
}

/// The first condition of a step, kept beside those of other rules: most events fail it, and then nothing of the rule is looked up in memory.
class FirstCondition {
public:
    FirstCondition() = default; ///< all may pass
    explicit FirstCondition(const Step &step) noexcept
    {
        // What fails a step that counts a share, or that has another way to be fulfilled, is looked at all the same.
        if (step.where.empty() || !step.orWhere.empty() || step.share || step.where.front().numbers.size() != 1)
            return;
        const Predicate &first = step.where.front();
        m_field = first.field;
        m_comparison = first.comparison;
        m_number = first.numbers.front();
    }
    /// False: the step is not fulfilled.
    bool mayPass(const Observation &seen) const
    {
        if (m_field.read == nullptr)
            return true;
        const Value value = m_field.of(seen);
        return value.kind == ValueKind::Number ? allowsNumber(m_comparison, value.number, m_number) : value.kind != ValueKind::None;
    }

private:
    FieldRef m_field;
    Comparison m_comparison = Comparison::Equal;
    double m_number = 0;
};

} // namespace tapio::correlation
