// SPDX-License-Identifier: GPL-3.0-or-later
// What strangers can put into a log, records of /dev/kmsg, lines of auth.log and messages of the journal; and lists of sockets. The first byte chooses the
// parser.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/collect/listenparse.h"
#include "agent/collect/readers/kmsgparse.h"
#include "agent/collect/readers/loginparse.h"
#include "protocol/wire/text.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using tapio::test::promise;

namespace {

void kmsg(std::string_view bytes)
{
    const auto record = agent::parseKmsg(bytes);
    if (!record) {
        promise(record.error().code() == Errc::Malformed && !record.error().context().empty());
        return;
    }
    promise(record->priority <= 7 && record->text.size() <= agent::kmsgTextBytes && wire::isValidUtf8(record->text));
}

void login(const std::optional<agent::LoginLine> &login)
{
    if (!login)
        return;
    promise(!login->service.empty() && login->repeats >= 1 && login->repeats <= 1'000'000);
    for (const std::string &text : {login->service, login->user, login->method, login->remote}) {
        promise(wire::isValidUtf8(text) && text.find('\n') == std::string::npos && text.find('\x1b') == std::string::npos);
        promise(text.size() <= 3 * 64);
    }
}

/// As the journal has it: any tag, and a message that need not be a line.
void entry(std::string_view bytes)
{
    const std::size_t tag = bytes.find('\n');
    if (tag != std::string_view::npos)
        login(agent::parseLoginMessage(bytes.substr(0, tag), 1, bytes.substr(tag + 1)));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data) + 1, size - 1);
    switch (data[0] % 5) {
    case 0: kmsg(text); break;
    case 1: login(agent::parseLogin(text)); break;
    case 4: entry(text); break;
    case 2: promise(agent::parseListeningTcp(text).ports.size() <= agent::maxListeningPorts); break;
    default: promise(agent::parseListeningUdp(text, 32768, 60999).ports.size() <= agent::maxListeningPorts); break;
    }
    return 0;
}
