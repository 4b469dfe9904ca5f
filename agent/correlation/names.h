// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace tapio::correlation {

/// What evidence refers to by a number, so that it is small. Only grows, and has bounds; 0 is nobody, and what there is no room for.
struct Names {
    std::vector<std::string> nodes{std::string()};
    std::vector<std::string> owners{std::string()}; ///< workloads: "Deployment shop/web"
};

} // namespace tapio::correlation
