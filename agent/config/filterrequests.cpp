// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/filterrequests.h"

#include <utility>

#include "agent/config/filterconfig.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostNameBytes = 64;

void refuse(wire::FilterReply &reply, std::string code, std::string reason)
{
    reply.code = std::move(code);
    reply.reason = std::move(reason);
}

/// The rules changed as asked for; else the reply says why not.
std::vector<std::string> apply(const wire::FilterRequest &request, ConfigInForce &inForce, wire::FilterReply &reply)
{
    const std::string file = inForce.config.file.empty() ? "the defaults, as there is no configuration file" : inForce.config.file.native();
    if (!inForce.config.collect.filter.remote) {
        refuse(reply, "not-allowed", "this node takes no rules from consoles: filter.remote is false in " + file);
        return {};
    }
    auto rules = changedFilter(inForce.config.collect.filter, request.rules, "the rules");
    if (!rules) {
        refuse(reply, "malformed", rules.error().context());
        return {};
    }
    reply.applied = true;
    return changeFilter(inForce, std::move(*rules), "console " + wire::toLine(request.requestedBy, mostNameBytes));
}

} // namespace

Result<FilterVerdict> decide(const wire::FilterRequest &request, ConfigInForce &inForce)
{
    FilterVerdict verdict;
    wire::FilterReply &reply = verdict.reply;
    reply.id = request.id;
    reply.node = inForce.config.node;
    reply.code = "ok";
    if (!request.rules.empty())
        verdict.changed = apply(request, inForce, reply);
    auto hash = hashOf(inForce.settings);
    if (!hash)
        return fail(hash.error());
    reply.configSha256 = verdict.configSha256 = std::move(*hash);
    reply.rules = filterText(inForce.config.collect.filter);
    if (reply.rules.size() > wire::DecodeLimits().textBytes)
        reply.rules.clear();
    return verdict;
}

} // namespace tapio::agent
