// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/correlation/observation.h"

/// What rules can ask of an observation, by name: the fields of an event's detail as in JSON (wire::visitFields), what all events have, and
/// a few that are worked out of several.
namespace tapio::correlation {

enum class ValueKind : std::uint8_t { None, Number, Text };

/// By which names a number may be written: "ECONNREFUSED", "SIGKILL", "error".
enum class Naming : std::uint8_t { None, Errno, Signal, Severity };

struct Value {
    ValueKind kind = ValueKind::None;
    double number = 0; ///< yes is 1, no is 0
    std::string_view text;
};

/// A field of one topic. Made by findField() only.
struct FieldRef {
    using Read = Value (*)(const Observation &, std::uint8_t index);
    Read read = nullptr;
    std::uint8_t index = 0;
    ValueKind kind = ValueKind::None;
    Naming naming = Naming::None;

    Value of(const Observation &seen) const { return read(seen, index); }
};

/// None: observations of this topic have no such field, or one that is no single value.
std::optional<FieldRef> findField(Topic topic, std::string_view name);
/// For messages: what could have been meant.
std::vector<std::string> fieldNames(Topic topic);
/// None for a name that is none.
std::optional<double> numberNamed(Naming naming, std::string_view name);

} // namespace tapio::correlation
