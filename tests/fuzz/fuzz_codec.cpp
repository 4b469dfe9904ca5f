// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes: decode refuses or gives a message that encode takes and that comes back equal.
#include <cstdlib>
#include <span>

#include "protocol/wire/codec.h"
#include "protocol/wire/event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace tapio::wire;
    const auto message = decode(std::as_bytes(std::span(data, size)));
    if (!message)
        return 0;
    const auto bytes = encode(*message);
    if (!bytes)
        return 0; // repaired texts may have grown beyond a limit
    const auto again = decode(*bytes);
    if (!again || *again != *message)
        std::abort();
    if (const auto *frame = std::get_if<Frame>(&*message)) {
        if (const auto *batch = std::get_if<EventBatch>(&frame->body)) {
            for (const auto &event : batch->events) {
                if (summary(event).size() > 400)
                    std::abort();
            }
        }
    }
    return 0;
}
