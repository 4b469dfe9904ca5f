// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/kube/listjson.h"
#include "protocol/base/result.h"

namespace tapio::agent {

/// Which objects of the API are followed, how they are read, and where what is heard of them goes. One thread; see ObjectFollower.
class FollowedObjects {
public:
    virtual ~FollowedObjects() = default;

    virtual std::string_view plural() const noexcept = 0; ///< as paths and rights call them: "pods"
    virtual std::string fieldSelector() const = 0;        ///< empty = all of them
    virtual std::string described() const = 0;            ///< for people: "pods of node n1"
    virtual bool isOfMany() const noexcept = 0;           ///< many ask for such, and may all begin at once

    virtual void beginList() = 0;
    /// What is to be counted of a page; its objects are kept for endList(). Errors: Malformed.
    virtual Result<ListPage> takePage(std::string_view body) = 0;
    /// These exist and no others. How many there was no room for.
    virtual std::uint64_t endList(std::int64_t nowBootNs) = 0;

    struct Heard {
        WatchEvent event;
        bool isUsable = true; ///< else nothing was taken of the object
        bool hasRoom = true;
    };
    /// One line of a watch. Errors: Malformed.
    virtual Result<Heard> takeLine(std::string_view line, std::int64_t nowBootNs) = 0;
};

} // namespace tapio::agent
