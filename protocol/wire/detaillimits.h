// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "protocol/wire/detailfields.h"
#include "protocol/wire/layout.h"

/// What writing and reading details share: the limits, and addresses as halves. Private to protocol/wire; see layout.h.
namespace tapio::wire {

struct AddressHalves {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
};

inline void requireItems(std::size_t items, std::size_t limit, std::string_view name, Errc code)
{
    if (items > limit)
        throw Refusal{code, std::string("list of ").append(std::to_string(items)).append(" exceeds ").append(name)};
}

/// A list of texts, unless it has limits of its own.
inline void requireList(const std::vector<std::string> &texts, const Field &field, Errc code)
{
    if (field.maxItems == 0)
        return;
    requireItems(texts.size(), field.maxItems, field.name, code);
    for (const std::string &text : texts)
        requireText(text.size(), 3 * field.maxBytes, std::string(field.name).c_str(), code);
}

/// The limits beside those of every text, from the table of fields. Three times the field's: a byte that is no text becomes a
/// replacement character of three.
template <typename D> void requireTexts(const D &detail, Errc code)
{
    visitFields(detail, [code](const Field &field, const auto &value) {
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string>)
            requireText(value.size(), 3 * field.maxBytes, std::string(field.name).c_str(), code);
        else if constexpr (std::is_same_v<Value, std::vector<std::string>>)
            requireList(value, field, code);
        else if constexpr (std::is_same_v<Value, std::vector<std::byte>>)
            requireText(value.size(), field.maxBytes, std::string(field.name).c_str(), code);
    });
}

/// Those of a program, whose limits a caller of decode() may set.
inline void requireExecTexts(const ProcessExec &exec, const DecodeLimits &limits, Errc code)
{
    requireText(exec.filename.size(), limits.filenameBytes, "filenameBytes", code);
    if (exec.arguments.size() > limits.arguments)
        throw Refusal{code, std::to_string(exec.arguments.size()) + " arguments exceed arguments"};
    std::size_t bytes = 0;
    for (const auto &argument : exec.arguments)
        bytes += argument.size();
    requireText(bytes, limits.argumentBytes, "argumentBytes", code);
}

} // namespace tapio::wire
