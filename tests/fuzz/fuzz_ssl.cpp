// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a libssl, as the code of a function, and as what /proc says of mappings and mounts.
#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

#include "agent/collect/kernel/ssllibrary.h"
#include "agent/collect/kernel/sslusers.h"
#include "agent/collect/kernel/x86code.h"
#include "tests/fuzz/promise.h"

namespace {

using namespace tapio;
using tapio::test::promise;

void checkLibrary(std::span<const std::byte> bytes)
{
    std::size_t read = 0;
    const auto places = agent::findSslPlaces([&](std::uint64_t offset, std::span<std::byte> to) {
        read += to.size();
        if (offset > bytes.size() || to.size() > bytes.size() - offset)
            return false;
        if (!to.empty())
            std::memcpy(to.data(), bytes.data() + offset, to.size());
        return true;
    });
    promise(read <= 2u << 20);
    if (places) {
        promise(!places->empty() && places->size() <= 8);
        for (const agent::SslPlace &place : *places)
            promise(static_cast<std::size_t>(place.probe) < agent::sslProbeCount && !place.function.empty());
    }
}

void checkCode(std::span<const std::byte> code)
{
    for (std::size_t at = 0; at <= code.size(); ++at) {
        if (const auto one = agent::decodeX86(code, at))
            promise(one->size > 0 && one->size <= 15 && at + one->size <= code.size());
    }
    const agent::X86Places places = agent::findX86Places(code.first(std::min<std::size_t>(code.size(), 512)));
    promise(!places.enter || *places.enter < code.size());
    promise(!places.leave || *places.leave < code.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    checkLibrary(std::as_bytes(std::span(data, size)));
    checkCode(std::as_bytes(std::span(data, size)));
    for (const agent::SslMapping &mapping : agent::parseSslMappings(text))
        promise(mapping.inode != 0 && mapping.path.starts_with('/'));
    agent::fileSystemOf(text, "/usr/lib/libssl.so.3");
    return 0;
}
