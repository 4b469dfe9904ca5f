// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a record of a kernel ring: refused, or an event whose texts are valid UTF-8 within their limits.
#include <span>
#include <variant>

#include "agent/collect/kernel/recorddecoder.h"
#include "protocol/wire/text.h"
#include "tests/fuzz/promise.h"

using tapio::test::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace tapio;
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto record = agent::decodeRecord(bytes);
    promise(!agent::recordSource(bytes).empty());
    if (!record) {
        promise(record.error().code() == Errc::Malformed);
        return 0;
    }
    promise(record->source == agent::recordSource(bytes));
    promise(wire::isValidUtf8(record->event.process.comm));
    promise(!std::holds_alternative<std::monostate>(record->event.detail));
    if (const auto *exec = std::get_if<wire::ProcessExec>(&record->event.detail)) {
        promise(wire::isValidUtf8(exec->filename) && exec->arguments.size() <= 512);
        for (const std::string &argument : exec->arguments)
            promise(wire::isValidUtf8(argument));
    }
    if (const auto *file = std::get_if<wire::FileFailure>(&record->event.detail))
        promise(file->operation.empty() == (file->limit != 0) && file->error > 0 && file->repeats > 0 && wire::isValidUtf8(file->path));
    if (const auto *dns = std::get_if<wire::DnsQuery>(&record->event.detail))
        promise(!dns->name.empty() && dns->name.size() <= wire::DnsQuery::nameBytes && wire::isValidUtf8(dns->name));
    if (const auto *http = std::get_if<wire::HttpRequest>(&record->event.detail)) {
        promise(http->texts->method.size() <= wire::HttpTexts::methodBytes && http->texts->host.size() <= wire::HttpTexts::hostBytes);
        promise(http->texts->target.size() <= wire::HttpTexts::targetBytes && http->texts->route.size() <= wire::HttpTexts::routeBytes);
        promise(wire::isValidUtf8(http->texts->target) && wire::isValidUtf8(http->texts->route) && wire::isValidUtf8(http->texts->host));
    }
    if (const auto *tls = std::get_if<wire::TlsFailure>(&record->event.detail))
        promise(tls->direction == wire::TcpDirection::Outbound || tls->direction == wire::TcpDirection::Inbound);
    promise(wire::summary(record->event).size() <= 400);
    return 0;
}
