// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/identity.h"

#include <algorithm>

namespace tapio::transport {

namespace {

constexpr std::string_view scheme = "spiffe://";
constexpr std::string_view application = "tapio";
constexpr std::size_t maxNameLength = 253; // RFC 1123 host names, which Kubernetes node names follow

bool isAlphanumeric(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Takes the part before the next '/' from the front of `rest`; false when there is none.
bool takeSegment(std::string_view &rest, std::string_view &segment) noexcept
{
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos)
        return false;
    segment = rest.substr(0, slash);
    rest.remove_prefix(slash + 1);
    return true;
}

} // namespace

bool isValidName(std::string_view name) noexcept
{
    return !name.empty() && name.size() <= maxNameLength && isAlphanumeric(name.front()) && isAlphanumeric(name.back())
           && std::all_of(name.begin(), name.end(), [](char c) { return isAlphanumeric(c) || c == '.' || c == '-'; });
}

std::string Identity::uri() const
{
    std::string text(scheme);
    text += trustDomain;
    text += '/';
    text += application;
    text += '/';
    text += roleName(role);
    text += '/';
    text += name;
    return text;
}

Result<Identity> parseIdentity(std::string_view uri)
{
    const auto malformed = [](const char *why) {
        return fail(Errc::Malformed, std::string("the identity is not spiffe://TRUST-DOMAIN/tapio/ROLE/NAME: ") + why);
    };
    if (uri.substr(0, scheme.size()) != scheme)
        return malformed("it does not begin with spiffe://");
    std::string_view rest = uri.substr(scheme.size());
    std::string_view domain;
    std::string_view program;
    std::string_view role;
    if (!takeSegment(rest, domain) || !takeSegment(rest, program) || !takeSegment(rest, role))
        return malformed("a part is missing");
    if (!isValidName(domain))
        return malformed("the trust domain has characters other than a-z 0-9 . -");
    if (program != application)
        return malformed("it belongs to another application");
    Identity identity;
    identity.role = roleFromName(role);
    if (identity.role == Role::Unknown)
        return malformed("the role is none of node, console, server");
    if (!isValidName(rest))
        return malformed("the name has characters other than a-z 0-9 . - or is longer than 253");
    identity.trustDomain = domain;
    identity.name = rest;
    return identity;
}

} // namespace tapio::transport
