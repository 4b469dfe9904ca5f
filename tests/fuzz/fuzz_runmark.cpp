// SPDX-License-Identifier: GPL-3.0-or-later
// What an agent finds of the one before in its lock file, and what it tells of that.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/pipeline/notices.h"
#include "protocol/wire/text.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using namespace tapio::agent;
using tapio::test::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto mark = parseRunMark({reinterpret_cast<const char *>(data), size});
    if (!mark) {
        promise(mark.error().code() == Errc::Malformed && !mark.error().context().empty());
        return 0;
    }
    const std::string line = formatRunMark(*mark);
    promise(line.find('\n') == line.size() - 1);
    const auto back = parseRunMark(std::string_view(line).substr(0, line.size() - 1));
    promise(back && back->utcNs == mark->utcNs && back->isOver == mark->isOver && back->unsafeEvents == mark->unsafeEvents);
    const Unwatched gap = unwatched(&*mark, {1, "boot", 1'795'680'000'000'000'000, 60 * nsPerSecond, 0, false});
    promise(gap.durationNs >= 0);
    const wire::AgentNotice told = noticeOf(gap);
    promise(told.text.size() <= wire::AgentNotice::textBytes && wire::isValidUtf8(told.text));
    return 0;
}
