// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as the beginning of a request and of an answer: refused, or valid UTF-8 within its limits; and as a target.
#include <string_view>

#include "agent/collect/kernel/httphead.h"
#include "agent/collect/kernel/httproute.h"
#include "protocol/wire/text.h"
#include "tests/fuzz/promise.h"

namespace {

using namespace tapio;
using tapio::test::promise;

void checkRoute(std::string_view method, std::string_view target)
{
    const std::string route = agent::routeTemplate(method, target);
    promise(route.size() <= agent::mostRouteBytes);
    promise(route.find('?') == std::string::npos);
    if (wire::isValidUtf8(target))
        promise(wire::isValidUtf8(route));
    if (method != "CONNECT") // what a template is made of is one itself
        promise(route.ends_with("{more}") || agent::routeTemplate(method, route) == route);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    std::string method = "GET";
    if (const auto head = agent::parseHttpRequest(bytes)) {
        promise(!head->method.empty() && head->method.size() <= agent::HttpRequestHead::mostMethodBytes);
        promise(!head->target.empty() && head->target.size() <= agent::HttpRequestHead::mostTargetBytes);
        promise(head->host.size() <= agent::HttpRequestHead::mostHostBytes);
        promise(wire::isValidUtf8(head->method) && wire::isValidUtf8(head->target) && wire::isValidUtf8(head->host));
        checkRoute(head->method, head->target);
        method = head->method;
    }
    if (const auto answer = agent::parseHttpAnswer(bytes, method))
        promise(answer->status >= 100 && answer->status <= 999);
    checkRoute("GET", bytes);
    return 0;
}
