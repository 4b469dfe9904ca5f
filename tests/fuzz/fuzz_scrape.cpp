// SPDX-License-Identifier: GPL-3.0-or-later
// The head of a request to the agent's metrics and health.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/observe/httprequest.h"
#include "protocol/base/hostport.h"

using namespace tapio::agent;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    const auto request = parseRequestHead(bytes);
    if (request && *request) {
        const HttpRequest &read = **request;
        if (!read.path.starts_with('/') || read.path.find('\n') != std::string::npos || read.method.empty() || size < 16)
            std::abort();
        // What comes after a head changes nothing about it.
        const auto longer = parseRequestHead(std::string(bytes) + "more");
        if (!longer || *longer != *request)
            std::abort();
    }
    if (const auto address = tapio::parseListenAddress(bytes.substr(0, 300), {});
        address && tapio::parseListenAddress(tapio::toText(*address), {}) != address)
        std::abort();
    return 0;
}
