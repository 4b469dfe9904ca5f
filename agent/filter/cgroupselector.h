// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/wire/origin.h"

/// Which cgroups a rule is about. Pure; any thread.
namespace tapio::agent {

/// `*` any text without a slash, `?` one such character, the rest literally. In time that grows with the product of both lengths.
bool matchesGlob(std::string_view pattern, std::string_view text) noexcept;

/// May not be decided yet: a pod has no name until the kubelet's log folder tells it.
enum class Match : std::uint8_t { No, Yes, Unknown };

/// One of
///   /system.slice/*.service      a path, and everything below it
///   namespace:shop-*             the pods of namespaces
///   pod:shop/cart-*              pods, as NAMESPACE/NAME
class CgroupSelector {
public:
    static constexpr std::size_t mostBytes = 512;

    /// Errors: InvalidArgument, saying what it must be.
    static Result<CgroupSelector> parse(std::string_view text);

    const std::string &text() const noexcept { return m_text; }
    Match matches(const wire::Origin &origin) const;

    bool operator==(const CgroupSelector &other) const { return m_text == other.m_text; }

private:
    enum class Kind : std::uint8_t { Path, Namespace, Pod };
    CgroupSelector(std::string text, Kind kind, std::string_view pattern);

    std::string m_text;
    Kind m_kind;
    std::string m_pattern; ///< of a path, a namespace, a pod's namespace
    std::string m_podPattern;
};

/// Yes when any of them does, Unknown when one might.
Match matchesAny(const std::vector<CgroupSelector> &selectors, const wire::Origin &origin);

} // namespace tapio::agent
