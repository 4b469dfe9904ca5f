// SPDX-License-Identifier: GPL-3.0-or-later
// Greeting, READY and frames as they come from a peer, in pieces whose length the input chooses. Whatever comes: what is
// forwarded begins as a greeting that libzmq knows, holds our properties and none of the peer's, and stays within bounds.
#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/transport/zmtp.h"
#include "tests/fuzz/promise.h"

using namespace tapio::transport;
using tapio::test::promise;

namespace {

void checkForwarded(const std::vector<std::byte> &out, bool done)
{
    const std::string_view text(reinterpret_cast<const char *>(out.data()), out.size());
    promise(out.empty() || text[0] == '\xFF');
    promise(out.size() <= 256);
    promise(done == (text.size() > 64));
    promise(!done || text.ends_with(std::string_view("\x0FX-Tapio-Address\0\0\0\1a", 21)));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::size_t step = data[0] + 1u;
    auto in = std::as_bytes(std::span(data + 1, size - 1));
    ZmtpPrologue prologue("DEALER", {{"Identity", "7"}, {"X-Tapio-Address", "a"}});
    FrameGuard guard(10'000);
    std::vector<std::byte> out;
    bool refused = false;
    while (!in.empty() && !refused) {
        auto piece = in.first(std::min(step, in.size()));
        in = in.subspan(piece.size());
        if (!prologue.done()) {
            std::size_t consumed = 0;
            refused = prologue.feed(piece, consumed, out).has_value();
            promise(consumed <= piece.size());
            piece = piece.subspan(refused ? piece.size() : consumed);
            if (!refused)
                checkForwarded(out, prologue.done());
        }
        refused = refused || (prologue.done() && guard.scan(piece, 1).has_value());
    }
    return 0;
}
