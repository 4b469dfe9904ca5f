// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of the agent's control socket, both ways, and of a drill's own process. The first byte chooses the parser.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/drill/controlmessage.h"
#include "agent/drill/isolation.h"
#include "protocol/wire/text.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using tapio::test::promise;

namespace {

void request(std::string_view line)
{
    const auto label = drill::parseLabelRequest(line);
    if (!label) {
        promise(label.error().code() == Errc::Malformed && !label.error().context().empty());
        return;
    }
    promise(label->signature.empty() && label->runId != 0 && label->fromNs > 0 && (label->toNs == 0 || label->toNs >= label->fromNs));
    promise(label->drill.size() <= wire::DrillLabel::drillBytes && label->target.size() <= wire::DrillLabel::targetBytes
            && label->phase.size() <= wire::DrillLabel::phaseBytes);
    const std::string again = drill::formatLabelRequest(*label);
    promise(again.size() <= drill::controlLineBytes && again.find('\n') == again.size() - 1);
    const auto back = drill::parseLabelRequest(std::string_view(again).substr(0, again.size() - 1));
    promise(back && *back == *label);
}

void word(std::string_view line)
{
    if (const auto word = drill::parseWord(line))
        promise(drill::formatWord(*word).find('\n') == std::string::npos);
}

void answer(std::string_view line)
{
    if (const Status said = drill::parseAnswer(line); !said)
        promise(wire::isValidUtf8(said.error().context()) && said.error().context().find('\n') == std::string::npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data) + 1, size - 1);
    switch (data[0] % 3) {
    case 0: request(text); break;
    case 1: answer(text); break;
    default: word(text); break;
    }
    return 0;
}
