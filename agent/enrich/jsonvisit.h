// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace tapio::agent {

/// Is shown the values of a JSON text one after the other, each with its place: the keys that lead to it as a JSON Pointer (RFC 6901), in
/// which lists add nothing: "/items/metadata/name" of every item. A '/' in a key is "~1" there, so no key can pass for a path.
class JsonVisitor {
public:
    virtual ~JsonVisitor() = default;
    virtual void beginObject(std::string_view /*path*/) {}
    virtual void endObject(std::string_view /*path*/) {}
    virtual void text(std::string_view /*path*/, std::string && /*value*/) {}
    virtual void number(std::string_view /*path*/, std::int64_t /*value*/) {}
    virtual void flag(std::string_view /*path*/, bool /*value*/) {}
};

/// Deeper than Kubernetes objects and container bundles ever are.
inline constexpr std::size_t mostJsonDepth = 64;

/// Makes no tree of it, so a text costs no more memory than its longest value and its depth. Whoever gives the text bounds its size.
/// Errors: Malformed, saying where; what was shown until then was shown.
Status visitJson(std::string_view json, JsonVisitor &visitor, std::size_t mostDepth = mostJsonDepth);

} // namespace tapio::agent
