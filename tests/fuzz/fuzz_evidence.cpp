// SPDX-License-Identifier: GPL-3.0-or-later
// A line of evidence as a peer may send it: refused, or the same when it is written again. And any bytes as what an engine hands over.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/wire/evidence.h"
#include "protocol/wire/text.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using namespace tapio::wire;
using tapio::test::promise;

namespace {

void read(std::string_view line)
{
    const auto ref = parseEvidence(line);
    if (ref)
        promise(evidenceLine(*ref) == line);
    else
        promise(ref.error().code() == Errc::Malformed && isValidUtf8(ref.error().context()));
}

void write(std::string_view bytes)
{
    const std::size_t third = bytes.size() / 3;
    const EvidenceRef ref{std::string(bytes.substr(0, third)),     static_cast<std::int64_t>(third) - 5, bytes.size(),
                          std::string(bytes.substr(third, third)), bytes.size() * 0x9E3779B97F4A7C15,    third,
                          std::string(bytes.substr(2 * third))};
    const std::string line = evidenceLine(ref);
    promise(line.size() <= Insight::lineBytes && isValidUtf8(line) && line.find('\n') == std::string::npos);
    const auto back = parseEvidence(line);
    promise(back && back->timeNs == ref.timeNs && back->uncertaintyNs == ref.uncertaintyNs && back->streamId == ref.streamId
            && back->seq == ref.seq && evidenceLine(*back) == line);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    read(bytes);
    write(bytes);
    return 0;
}
