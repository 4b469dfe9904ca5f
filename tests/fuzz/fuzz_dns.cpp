// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a question of a DNS message: refused, or a printable name within its limit.
#include <algorithm>
#include <span>

#include "agent/collect/kernel/dnsquestion.h"
#include "tests/fuzz/promise.h"

using tapio::test::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace tapio;
    const auto question = agent::decodeDnsQuestion(std::as_bytes(std::span(data, size)));
    if (!question) {
        promise(question.error().code() == Errc::Malformed);
        return 0;
    }
    const std::string &name = question->name;
    promise(!name.empty() && name.size() <= agent::DnsQuestion::mostNameBytes);
    promise(std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; }));
    promise(question->type == (data[size - 4] << 8 | data[size - 3]));
    return 0;
}
