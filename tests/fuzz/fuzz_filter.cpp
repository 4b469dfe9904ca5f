// SPDX-License-Identifier: GPL-3.0-or-later
// Rules that a console sends to an agent.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/config/filterconfig.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using tapio::test::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    const auto rules = agent::changedFilter({}, text, "the rules");
    if (!rules) {
        promise(rules.error().code() == Errc::Malformed && rules.error().context().starts_with("the rules, line "));
        return 0;
    }
    promise(!rules->remote);
    const auto again = agent::changedFilter({}, agent::filterText(*rules), "the rules");
    promise(again && *again == *rules);
    for (const agent::KernelRule &rule : agent::kernelFilterOf(*rules).rules)
        promise(rule.floor.count() >= 0 && rule.burst >= 1 && (!rule.ports || !rule.ports->test(0)));
    return 0;
}
