// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a question of a DNS message: refused, or a printable name within its limit.
#include <algorithm>
#include <cstdlib>
#include <span>

#include "agent/collect/kernel/dnsquestion.h"

namespace {

void check(bool holds)
{
    if (!holds)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace tapio;
    const auto question = agent::decodeDnsQuestion(std::as_bytes(std::span(data, size)));
    if (!question) {
        check(question.error().code() == Errc::Malformed);
        return 0;
    }
    const std::string &name = question->name;
    check(!name.empty() && name.size() <= agent::DnsQuestion::mostNameBytes);
    check(std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; }));
    check(question->type == (data[size - 4] << 8 | data[size - 3]));
    return 0;
}
