// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <filesystem>
#include <string>

namespace tapio::test {

inline std::filesystem::path fixture(const std::string &name) { return std::filesystem::path(TAPIO_TEST_DATA) / name; }

// What the cgroup fixtures are made of.
inline const std::string podUid = "0f8e7d6c-5b4a-4321-8765-0123456789ab";
inline std::string times32(const std::string &pair)
{
    std::string text;
    for (int i = 0; i < 32; ++i)
        text += pair;
    return text;
}
inline const std::string containerId = times32("4f");
inline const std::string dockerId = times32("d1");
inline const std::string hostPodUid = "99999999-8888-4777-8666-555555555555";
inline const std::string podPathV1 = "/kubepods/burstable/pod" + podUid;
inline const std::string containerPathV1 = podPathV1 + "/" + containerId;

} // namespace tapio::test
