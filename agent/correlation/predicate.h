// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>

#include "agent/correlation/fields.h"
#include "agent/correlation/rule.h"

namespace tapio::correlation {

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
    case Comparison::AtLeast: return value.number >= predicate.numbers.front();
    case Comparison::AtMost: return value.number <= predicate.numbers.front();
    case Comparison::Above: return value.number > predicate.numbers.front();
    case Comparison::Below: return value.number < predicate.numbers.front();
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

} // namespace tapio::correlation
